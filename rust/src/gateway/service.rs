//! What the connections of one gateway share: deadlines, the clock, who is there, and how much was answered.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::answers::Fixed;
use super::booth::Booth;
use super::line::{Line, Word};
use crate::metrics::{Code, Metrics};
use crate::waits::Waits;

pub const SWEEP: Duration = Duration::from_millis(250); // between two looks at all deadlines: no request needs a timer
const MOST_OF_AN_ADDRESS: usize = 100; // connections, of one that is neither this machine nor a trusted proxy

/// How long a connection may take; the sweep may come SWEEP later, so that what is published holds.
#[derive(Clone, Copy)]
pub struct Deadlines {
    pub head: Duration,
    pub body: Duration,
    pub idle: Duration,
}

impl From<&Waits> for Deadlines {
    fn from(waits: &Waits) -> Self {
        let [head, body, idle] = [waits.headers, waits.body, waits.idle].map(|wait| wait.saturating_sub(SWEEP));
        Self { head, body, idle }
    }
}

/// Answers by status, told once a sweep, for a metric is dearer than an answer.
#[derive(Default)]
pub struct Answered(RefCell<BTreeMap<u16, u64>>);

impl Answered {
    pub fn count(&self, status: u16) {
        *self.0.borrow_mut().entry(status).or_default() += 1;
    }

    fn publish(&self, metrics: &Metrics) {
        for (status, number) in self.0.take() {
            metrics.answers.get_or_create(&Code { code: status.to_string() }).inc_by(number);
        }
    }
}

/// See the module.
pub struct Service {
    pub booth: Booth,
    pub deadlines: Deadlines,
    pub answered: Rc<Answered>,
    pub draining: Cell<bool>,
    now: Cell<Instant>,
    most: usize,
    joined: Cell<u64>,
    connections: RefCell<HashMap<u64, Rc<Line>>>,
    gone: Notify,
}

impl Service {
    /// Holds at most `most` connections.
    pub fn new(booth: Booth, deadlines: Deadlines, most: usize) -> Rc<Self> {
        Rc::new(Self {
            booth,
            deadlines,
            answered: Rc::default(),
            draining: Cell::new(false),
            now: Cell::new(Instant::now()),
            most,
            joined: Cell::new(0),
            connections: RefCell::default(),
            gone: Notify::new(),
        })
    }

    /// The time of the last sweep.
    pub fn now(&self) -> Instant {
        self.now.get()
    }

    /// The answer for a connection too many.
    pub fn refuses(&self, address: IpAddr) -> Option<Fixed> {
        let connections = self.connections.borrow();
        if self.draining.get() || connections.len() >= self.most {
            return Some(Fixed::Full);
        }
        if self.booth.shares(address) {
            return None;
        }
        let theirs = connections.values().filter(|line| line.address == address).count();
        (theirs >= MOST_OF_AN_ADDRESS).then_some(Fixed::Limited)
    }

    /// Takes a connection in; gives its number.
    pub fn join(&self, line: Rc<Line>) -> u64 {
        let number = self.joined.replace(self.joined.get() + 1);
        self.connections.borrow_mut().insert(number, line);
        number
    }

    /// Told of every connection that ended.
    pub fn forget(&self, number: u64) {
        self.connections.borrow_mut().remove(&number);
        if self.connections.borrow().is_empty() {
            self.gone.notify_waiters();
        }
    }

    /// Ends what is late, and tells the metrics.
    pub fn sweep(&self, metrics: &Metrics) {
        let now = Instant::now();
        self.now.set(now);
        for line in self.connections.borrow().values() {
            if line.deadline.get().is_some_and(|deadline| deadline < now) {
                line.tell(Word::Expired);
            }
        }
        self.publish(metrics);
    }

    /// Lets each connection have its answers, and cuts off what is left after so many seconds.
    pub async fn drain(&self, seconds: Duration) {
        self.draining.set(true);
        self.tell_all(Word::Drain);
        let _ = tokio::time::timeout(seconds, self.emptied()).await; // late ones are cut off
        self.tell_all(Word::Abort);
        self.emptied().await;
    }

    pub fn publish(&self, metrics: &Metrics) {
        self.answered.publish(metrics);
        metrics.queued.set(gauge(self.booth.held()));
        metrics.connections.set(gauge(self.connections.borrow().len()));
    }

    async fn emptied(&self) {
        let gone = self.gone.notified();
        if !self.connections.borrow().is_empty() {
            gone.await;
        }
    }

    fn tell_all(&self, word: Word) {
        self.connections.borrow().values().for_each(|line| line.tell(word));
    }
}

fn gauge(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
