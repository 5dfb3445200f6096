//! Where the requests of one connection wait in line for their answers.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::net::IpAddr;
use std::rc::Rc;
use std::task::Waker;
use std::time::Instant;

use super::answers::{Fixed, Reply};
use super::service::Answered;

/// What somebody else tells a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Word {
    /// Its deadline passed.
    Expired,
    /// The gateway stops: it ends once nothing is owed and no request is half read.
    Drain,
    /// It is cut off.
    Abort,
}

/// What a connection shares with those who answer it and those who end it.
pub struct Line {
    pub address: IpAddr,
    /// When `Word::Expired` is due, unless something happens before.
    pub deadline: Cell<Option<Instant>>,
    word: Cell<Option<Word>>,
    waiting: RefCell<Waiting>,
    answered: Rc<Answered>,
}

#[derive(Default)]
struct Waiting {
    /// The number of the first place.
    first: u64,
    places: VecDeque<Place>,
    waker: Option<Waker>,
    gone: bool,
}

struct Place {
    reply: Option<Reply>,
    bare: bool,
}

impl Line {
    pub fn new(address: IpAddr, deadline: Instant, answered: Rc<Answered>) -> Rc<Self> {
        let (deadline, word, waiting) = (Cell::new(Some(deadline)), Cell::new(None), RefCell::default());
        Rc::new(Self { address, deadline, word, waiting, answered })
    }

    /// The place of a new request; `bare` when its answer has no body.
    pub fn join(self: &Rc<Self>, bare: bool) -> Ticket {
        let mut waiting = self.waiting.borrow_mut();
        waiting.places.push_back(Place { reply: None, bare });
        let number = waiting.first + waiting.places.len() as u64 - 1;
        Ticket { line: self.clone(), number, used: false }
    }

    /// Requests without an answer that was taken.
    pub fn len(&self) -> usize {
        self.waiting.borrow().places.len()
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The answer whose turn it is, whether it is bare, and whether it is the last one in line.
    pub fn next(&self) -> Option<(Reply, bool, bool)> {
        let mut waiting = self.waiting.borrow_mut();
        let Place { reply, bare } = waiting.places.front_mut()?;
        let (reply, bare) = (reply.take()?, *bare);
        waiting.places.pop_front();
        waiting.first += 1;
        Some((reply, bare, waiting.places.is_empty()))
    }

    /// Whom to wake when there is something to do.
    pub fn wake_by(&self, waker: &Waker) {
        let mut waiting = self.waiting.borrow_mut();
        if !waiting.waker.as_ref().is_some_and(|known| known.will_wake(waker)) {
            waiting.waker = Some(waker.clone());
        }
    }

    /// Tells the connection something; being cut off is the last word.
    pub fn tell(&self, word: Word) {
        if self.word.get() != Some(Word::Abort) {
            self.word.set(Some(word));
        }
        self.wake();
    }

    /// What it was told, once.
    pub fn told(&self) -> Option<Word> {
        self.word.take()
    }

    /// Nobody reads the answers any more.
    pub fn leave(&self) {
        let mut waiting = self.waiting.borrow_mut();
        waiting.gone = true;
        waiting.places.clear();
    }

    fn wake(&self) {
        if let Some(waker) = &self.waiting.borrow().waker {
            waker.wake_by_ref();
        }
    }

    /// Gives a place its answer, and wakes the connection when it is its turn.
    fn settle(&self, number: u64, reply: Reply) {
        self.answered.count(reply.status());
        let mut waiting = self.waiting.borrow_mut();
        if waiting.gone {
            return;
        }
        let first = waiting.first;
        let turn = usize::try_from(number - first).unwrap_or(usize::MAX);
        if let Some(place) = waiting.places.get_mut(turn) {
            place.reply = Some(reply);
        }
        drop(waiting);
        if number == first {
            self.wake();
        }
    }
}

/// The place of one request: answered once, and as unknown when whoever held it went away.
pub struct Ticket {
    line: Rc<Line>,
    number: u64,
    used: bool,
}

impl Ticket {
    /// Answers; dropped when the client left.
    pub fn answer(mut self, reply: impl Into<Reply>) {
        self.used = true;
        self.line.settle(self.number, reply.into());
    }

    /// Where the connection comes from.
    pub fn address(&self) -> IpAddr {
        self.line.address
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.used {
            self.line.settle(self.number, Fixed::Unknown.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    fn line() -> Rc<Line> {
        Line::new(Ipv4Addr::LOCALHOST.into(), Instant::now(), Rc::default())
    }

    fn statuses(line: &Line) -> Vec<u16> {
        std::iter::from_fn(|| line.next()).map(|(reply, _, _)| reply.status()).collect()
    }

    #[test]
    fn answers_leave_in_the_order_of_the_requests() {
        let line = line();
        let (first, second) = (line.join(false), line.join(false));
        second.answer(Fixed::NotFound);
        assert_eq!((statuses(&line), line.len()), (vec![], 2));
        first.answer(Fixed::Live);
        assert_eq!((statuses(&line), line.len()), (vec![200, 404], 0));
    }

    #[test]
    fn a_request_that_was_dropped_is_unknown() {
        let line = line();
        drop(line.join(false));
        assert_eq!(statuses(&line), [503]);
    }

    #[test]
    fn an_answer_for_a_client_that_left_goes_nowhere() {
        let line = line();
        let ticket = line.join(false);
        line.leave();
        ticket.answer(Fixed::Live);
        assert!(statuses(&line).is_empty());
    }
}
