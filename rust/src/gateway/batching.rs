//! Natural batching: one batch is on its way; what arrives meanwhile is the next. No timer.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

use super::stub::Stub;
use super::waiters::Waiter;
use crate::failpoints::failpoint;
use crate::metrics::Metrics;
use crate::vote::codec::Outcome;
use crate::vote::error::Fault;
use crate::vote::model::Vote;

const LARGEST: usize = 512; // votes of a batch; more would only make the first of them wait
const PATIENCE: Duration = Duration::from_secs(3); // for a vote's turn; after it is refused, and was certainly not sent
const LONGEST: Duration = Duration::from_millis(11_750); // from a vote to its outcome, under the 12 s that are published

/// Casts votes in their order and settles their waiters; at most `most` votes are held at once.
pub struct Batcher {
    most: usize,
    metrics: Arc<Metrics>,
    waiting: RefCell<VecDeque<Waiting>>,
    flying: Cell<usize>,
    arrived: Notify,
}

struct Waiting {
    vote: Vote,
    waiter: Waiter,
    since: Instant,
}

/// A batch on its way: who waits, and under which ids.
struct Flight {
    waiters: Vec<(Waiter, String)>,
    since: Instant,
}

impl Batcher {
    pub fn new(most: usize, metrics: Arc<Metrics>) -> Self {
        let (waiting, flying, arrived) = (RefCell::default(), Cell::new(0), Notify::new());
        Self { most, metrics, waiting, flying, arrived }
    }

    /// Votes without an outcome.
    pub fn held(&self) -> usize {
        self.waiting.borrow().len() + self.flying.get()
    }

    /// Whether so many more may be put.
    pub fn has_room(&self, votes: usize) -> bool {
        self.held() + votes <= self.most
    }

    /// Hands over a vote.
    pub fn put(&self, vote: Vote, waiter: Waiter) {
        self.waiting.borrow_mut().push_back(Waiting { vote, waiter, since: Instant::now() });
        self.arrived.notify_one();
    }

    /// Casts what comes, for ever.
    pub async fn run(&self, stub: &Stub) {
        loop {
            self.flying.set(0);
            match self.launch() {
                None => self.arrived.notified().await,
                Some((votes, flight)) => self.fly(stub, votes, flight).await,
            }
        }
    }

    /// Casts a batch, and each that waits when the one before has come home.
    async fn fly(&self, stub: &Stub, votes: Vec<Vote>, mut flight: Flight) {
        let mut outcomes = self.cast(stub, votes, flight.since).await;
        while let Some((votes, next)) = self.launch() {
            let mut casting = pin!(self.cast(stub, votes, next.since));
            let soon = poll_fn(|cx| Poll::Ready(casting.as_mut().poll(cx))).await; // the next batch leaves before the answers of this one are written
            self.settle(std::mem::replace(&mut flight, next), outcomes);
            outcomes = match soon {
                Poll::Ready(outcomes) => outcomes,
                Poll::Pending => casting.await,
            };
        }
        self.flying.set(0);
        self.settle(flight, outcomes);
    }

    /// The next batch; None when nobody waits.
    fn launch(&self) -> Option<(Vec<Vote>, Flight)> {
        let mut waiting = self.waiting.borrow_mut();
        let now = Instant::now();
        while waiting.front().is_some_and(|first| first.since + PATIENCE < now) {
            if let Some(Waiting { vote, waiter, .. }) = waiting.pop_front() {
                waiter.settle(vote.id, Err(Fault::NotSent));
            }
        }
        let since = waiting.front()?.since;
        let size = waiting.len().min(LARGEST);
        self.flying.set(size);
        self.metrics.batch_votes.observe(size as f64);
        let (mut votes, mut waiters) = (Vec::with_capacity(size), Vec::with_capacity(size));
        for Waiting { vote, waiter, .. } in waiting.drain(..size) {
            waiters.push((waiter, vote.id.clone()));
            votes.push(vote);
        }
        Some((votes, Flight { waiters, since }))
    }

    /// An outcome for each vote, or one fault for all.
    async fn cast(&self, stub: &Stub, votes: Vec<Vote>, since: Instant) -> Result<Vec<Outcome>, Fault> {
        let number = votes.len();
        let Ok(outcomes) = timeout_at(since + LONGEST, stub.cast(votes)).await else {
            tracing::warn!(votes = number, "cast.late");
            stub.give_up();
            return Err(Fault::Unknown);
        };
        failpoint("gateway.accepted").map_err(|_| Fault::Unknown)?;
        outcomes
    }

    fn settle(&self, flight: Flight, outcomes: Result<Vec<Outcome>, Fault>) {
        match outcomes {
            Ok(outcomes) => {
                for ((waiter, id), outcome) in flight.waiters.into_iter().zip(outcomes) {
                    waiter.settle(id, outcome);
                }
            }
            Err(fault) => flight.waiters.into_iter().for_each(|(waiter, id)| waiter.settle(id, Err(fault.clone()))),
        }
        self.metrics.answer_seconds.observe(flight.since.elapsed().as_secs_f64());
    }
}
