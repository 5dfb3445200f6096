//! Appends under way: each record's word comes from Kafka, and whoever waits hears once all have come, or one is bad.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;

use crate::failure::Failure;

/// The offsets of an append's records, in order, or why they are not known.
pub type Told = Result<Vec<u64>, Failure>;

/// What is known so far.
struct Append {
    offsets: Vec<u64>,
    left: usize,
    waiter: Option<oneshot::Sender<Told>>,
}

/// Carries one record's word; dropped without one, it says that the outcome is unknown.
pub struct Word {
    append: Arc<Mutex<Append>>,
    index: usize,
    spoken: bool,
}

/// The words of an append of so many records, and where its outcome comes.
pub fn words(records: usize) -> (impl Iterator<Item = Box<Word>>, oneshot::Receiver<Told>) {
    let (waiter, told) = oneshot::channel();
    let append = Append { offsets: vec![0; records], left: records, waiter: Some(waiter) };
    let append = Arc::new(Mutex::new(append));
    let word = move |index| Box::new(Word { append: append.clone(), index, spoken: false });
    ((0..records).map(word), told)
}

impl Word {
    /// The record is durable, and lies there.
    pub fn placed(mut self, offset: u64) {
        self.spoken = true;
        let mut append = self.append.lock().unwrap_or_else(PoisonError::into_inner);
        append.offsets[self.index] = offset;
        append.left -= 1;
        if append.left == 0
            && let Some(waiter) = append.waiter.take()
        {
            let _ = waiter.send(Ok(std::mem::take(&mut append.offsets))); // nobody waits any more
        }
    }

    /// The record may be there, or not.
    pub fn lost(mut self, failure: Failure) {
        self.fail(failure);
    }

    fn fail(&mut self, failure: Failure) {
        self.spoken = true;
        let mut append = self.append.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(waiter) = append.waiter.take() {
            let _ = waiter.send(Err(failure)); // nobody waits any more
        }
    }
}

impl Drop for Word {
    fn drop(&mut self) {
        if !self.spoken {
            self.fail(Failure::log_away("the driver did not say"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_offsets_come_in_order_once_all_are_told() {
        let (words, mut told) = words(3);
        let mut words: Vec<_> = words.collect();
        for offset in [9, 7] {
            words.pop().unwrap().placed(offset);
            assert!(told.try_recv().is_err());
        }
        words.pop().unwrap().placed(5);
        assert_eq!(told.try_recv().unwrap(), Ok(vec![5, 7, 9]));
    }

    #[test]
    fn a_word_that_is_dropped_leaves_the_whole_append_unknown() {
        let (words, mut told) = words(2);
        let mut words: Vec<_> = words.collect();
        words.pop().unwrap().placed(1);
        drop(words);
        assert!(matches!(told.try_recv().unwrap(), Err(Failure::Away { .. })));
    }

    #[test]
    fn the_first_bad_word_is_the_outcome() {
        let (words, mut told) = words(2);
        let broken = Failure::Broken("so".to_owned());
        for word in words {
            word.lost(broken.clone());
        }
        assert_eq!(told.try_recv().unwrap(), Err(broken));
    }
}
