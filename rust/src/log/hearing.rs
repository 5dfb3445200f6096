//! What the driver says, on its own thread: each record's outcome, its troubles and its log lines.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use rdkafka::config::RDKafkaLogLevel as Level;
use rdkafka::error::KafkaError;
use rdkafka::producer::{DeliveryResult, ProducerContext};
use rdkafka::types::RDKafkaErrorCode as Code;
use rdkafka::{ClientContext, Message};
use tokio::sync::Notify;

use super::append::Word;
use super::cluster::words;
use crate::failure::Failure;

const REPEATED: Duration = Duration::from_secs(60); // in which a line is said once: twenty come each second of an outage
const KINDS: usize = 200; // lines that are remembered for it

/// Hears one producer.
pub struct Hearing {
    topic: String,
    /// Told when the log broke.
    pub breaks: Notify,
    last: Mutex<HashMap<i32, i64>>, // the offset given last, by partition
    broken: Mutex<Option<Failure>>,
    trouble: Mutex<Option<(Code, String)>>,
    said: Mutex<HashMap<String, Instant>>,
}

impl Hearing {
    /// Hears of a topic.
    pub fn new(topic: &str) -> Self {
        let (last, broken, trouble, said) = Default::default();
        Self { topic: topic.to_owned(), breaks: Notify::new(), last, broken, trouble, said }
    }

    /// Why nothing may be appended any more, if anything is.
    pub fn broken(&self) -> Option<Failure> {
        locked(&self.broken).clone()
    }

    /// What went wrong last, since it was asked for.
    pub fn take_trouble(&self) -> Option<(Code, String)> {
        locked(&self.trouble).take()
    }

    fn end(&self, failure: Failure) -> Failure {
        let first = locked(&self.broken).get_or_insert(failure).clone();
        self.breaks.notify_one();
        first
    }

    /// The driver no longer knows what it appended.
    fn end_producer(&self, reason: &str) -> Failure {
        self.end(Failure::Broken(format!("Kafka's producer ended, start again: {reason}.")))
    }

    /// Offsets that fall are those of a topic that was made again or lost its end.
    fn place(&self, partition: i32, offset: i64) -> Result<u64, Failure> {
        if let Some(failure) = self.broken() {
            return Err(failure);
        }
        let mut lasts = locked(&self.last);
        let last = lasts.entry(partition).or_insert(-1);
        // Durable, and Kafka forgot where: no place to give.
        let place = u64::try_from(offset).map_err(|_| Failure::log_away(words(Code::NoOffset)))?;
        if offset <= *last {
            return Err(self.end(Failure::Broken(format!(
                "The topic {} gave the offset {offset} in partition {partition} after {last}: it was made again, or \
                 lost records that were acknowledged. Start again to see which.",
                self.topic
            ))));
        }
        *last = offset;
        Ok(place)
    }

    fn is_said_again(&self, text: &str) -> bool {
        let kind: String = text.chars().filter(|sign| !sign.is_ascii_digit()).collect();
        let (mut said, now) = (locked(&self.said), Instant::now());
        if said.get(&kind).is_some_and(|at| now.duration_since(*at) < REPEATED) {
            return true;
        }
        if said.len() >= KINDS {
            said.clear();
        }
        said.insert(kind, now);
        false
    }
}

impl ProducerContext for Hearing {
    type DeliveryOpaque = Box<Word>;

    fn delivery(&self, result: &DeliveryResult<'_>, word: Box<Word>) {
        let placed = match result {
            Ok(message) => self.place(message.partition(), message.offset()),
            Err((error, _)) => Err(match error.rdkafka_error_code() {
                Some(Code::Fatal) => self.end_producer(&words(Code::Fatal)),
                Some(code) => self.broken().unwrap_or_else(|| Failure::log_away(words(code))),
                None => Failure::log_away(error),
            }),
        };
        match placed {
            Ok(offset) => word.placed(offset),
            Err(failure) => word.lost(failure),
        }
    }
}

impl ClientContext for Hearing {
    fn log(&self, level: Level, facility: &str, text: &str) {
        if self.is_said_again(text) {
            return;
        }
        match level {
            Level::Emerg | Level::Alert | Level::Critical | Level::Error => {
                tracing::error!(facility, text, "kafka");
            }
            Level::Warning => tracing::warn!(facility, text, "kafka"),
            Level::Notice | Level::Info | Level::Debug => tracing::info!(facility, text, "kafka"),
        }
    }

    fn error(&self, error: KafkaError, reason: &str) {
        let code = error.rdkafka_error_code().unwrap_or(Code::Fail);
        if code == Code::Fatal {
            self.end_producer(reason);
        }
        let mut trouble = locked(&self.trouble);
        if trouble.is_none() || code != Code::AllBrokersDown {
            *trouble = Some((code, reason.to_owned())); // that all are down says less than the rest
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_that_rise_are_places_and_may_skip() {
        let hearing = Hearing::new("votes");
        assert_eq!((hearing.place(0, 0), hearing.place(0, 5), hearing.place(1, 0)), (Ok(0), Ok(5), Ok(0)));
    }

    #[test]
    fn an_offset_that_falls_breaks_the_log_for_good() {
        let hearing = Hearing::new("votes");
        hearing.place(0, 5).unwrap();
        let failure = hearing.place(0, 5).unwrap_err();
        assert!(failure.to_string().contains("gave the offset 5 in partition 0 after 5"));
        assert_eq!(hearing.place(0, 6), Err(failure));
    }

    #[test]
    fn a_record_without_an_offset_has_no_place_and_breaks_nothing() {
        let hearing = Hearing::new("votes");
        assert!(matches!(hearing.place(0, -1), Err(Failure::Away { .. })));
        assert_eq!(hearing.broken(), None);
    }

    #[test]
    fn a_line_that_differs_in_its_numbers_alone_is_said_once() {
        let hearing = Hearing::new("votes");
        assert!(!hearing.is_said_again("broker 1 is away"));
        assert!(hearing.is_said_again("broker 2 is away"));
    }
}
