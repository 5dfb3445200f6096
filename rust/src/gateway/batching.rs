//! Natural batching: one batch is on its way; what arrives meanwhile is the next.
//!
//! Few clients that wait for their answers would part in two halves for ever, one on its way and one waiting for it,
//! and twice as many batches would be sent as there need be. So a small batch waits for those who were answered just
//! now.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout, timeout_at};

use super::waiters::Waiter;
use crate::failpoints::failpoint;
use crate::metrics::Metrics;
use crate::vote::codec::Outcome;
use crate::vote::error::Fault;
use crate::vote::model::Vote;

const LARGEST: usize = 1000; // votes of a batch; more would only make the first of them wait
const ENOUGH: usize = 64; // votes that are not kept waiting for more: a batch's own price is little beside theirs
const GATHER: Duration = Duration::from_millis(3); // that those who were answered have to come back
const PATIENCE: Duration = Duration::from_secs(3); // for a vote's turn; after it is refused, and was certainly not sent
const LONGEST: Duration = Duration::from_millis(11_750); // from a vote to its outcome, under the 12 s that are published

/// Whoever takes votes to the log.
pub trait Cast {
    /// An outcome for each vote, in order; NotSent when nothing left this process, Unknown for any later trouble.
    async fn cast(&self, votes: Vec<Vote>) -> Result<Vec<Outcome>, Fault>;

    /// The next cast begins anew.
    fn give_up(&self);
}

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
    pub async fn run(&self, server: &impl Cast) {
        loop {
            self.flying.set(0);
            match self.launch() {
                None => self.arrived.notified().await,
                Some((votes, flight)) => self.fly(server, votes, flight).await,
            }
        }
    }

    /// Casts a batch, and each that is large enough when the one before has come home; then lets the next gather.
    async fn fly(&self, server: &impl Cast, votes: Vec<Vote>, mut flight: Flight) {
        let mut outcomes = self.cast(server, votes, flight.since).await;
        while self.has(ENOUGH)
            && let Some((votes, next)) = self.launch()
        {
            let mut casting = pin!(self.cast(server, votes, next.since));
            let soon = poll_fn(|cx| Poll::Ready(casting.as_mut().poll(cx))).await; // the next batch leaves before the answers of this one are written
            self.settle(std::mem::replace(&mut flight, next), outcomes);
            outcomes = match soon {
                Poll::Ready(outcomes) => outcomes,
                Poll::Pending => casting.await,
            };
        }
        let expected = self.held().min(ENOUGH);
        self.flying.set(0);
        self.settle(flight, outcomes);
        let _ = timeout(GATHER, self.gather(expected)).await; // who is not back by then goes with a later batch
    }

    /// Returns once so many votes wait.
    async fn gather(&self, votes: usize) {
        while !self.has(votes) {
            self.arrived.notified().await;
        }
    }

    fn has(&self, votes: usize) -> bool {
        self.waiting.borrow().len() >= votes
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
    async fn cast(&self, server: &impl Cast, votes: Vec<Vote>, since: Instant) -> Result<Vec<Outcome>, Fault> {
        let number = votes.len();
        let Ok(outcomes) = timeout_at(since + LONGEST, server.cast(votes)).await else {
            tracing::warn!(votes = number, "cast.late");
            server.give_up();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::line::Line;
    use crate::vote::place::Place;
    use std::net::Ipv4Addr;
    use std::rc::Rc;
    use tokio::time::{sleep, sleep_until};

    /// Answers after 10 ms, and remembers when it was sent how many votes.
    struct Server {
        began: Instant,
        batches: RefCell<Vec<(u128, usize)>>,
    }

    impl Cast for Server {
        async fn cast(&self, votes: Vec<Vote>) -> Result<Vec<Outcome>, Fault> {
            self.batches.borrow_mut().push((self.began.elapsed().as_millis(), votes.len()));
            sleep(Duration::from_millis(10)).await;
            Ok(vec![Ok(Place { generation: "".into(), partition: 0, offset: 1 }); votes.len()])
        }

        fn give_up(&self) {}
    }

    /// When each batch leaves, in milliseconds, and of how many votes, if so many come at such times.
    async fn batches(coming: &[(u64, usize)]) -> Vec<(u128, usize)> {
        let batcher = Batcher::new(10_000, Arc::new(Metrics::new()));
        let server = Server { began: Instant::now(), batches: RefCell::default() };
        let line = Line::new(Ipv4Addr::LOCALHOST.into(), std::time::Instant::now(), Rc::default());
        let vote = Vote { name: "n".into(), album: "a".into(), year: 1997, rank: 0, id: "i".into(), voter: "".into() };
        let come = async {
            for &(time, votes) in coming {
                sleep_until(server.began + Duration::from_millis(time)).await;
                (0..votes).for_each(|_| batcher.put(vote.clone(), Waiter::One(line.join(false))));
            }
            sleep(Duration::from_secs(60)).await;
        };
        tokio::select! { () = batcher.run(&server) => {}, () = come => {} }
        server.batches.take()
    }

    #[tokio::test(start_paused = true)]
    async fn what_arrives_while_a_batch_is_on_its_way_is_the_next() {
        assert_eq!(batches(&[(0, 3), (1, 400), (2, LARGEST)]).await, [(0, 3), (10, LARGEST), (20, 400)]);
    }

    #[tokio::test(start_paused = true)]
    async fn those_who_are_answered_and_come_back_go_with_those_who_wait() {
        assert_eq!(batches(&[(0, 2), (1, 3), (11, 1), (12, 1)]).await, [(0, 2), (12, 5)]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_come_back_is_not_waited_for_long() {
        assert_eq!(batches(&[(0, 2), (1, 3), (11, 1)]).await, [(0, 2), (13, 4)]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_voter_alone_waits_for_nobody() {
        assert_eq!(batches(&[(0, 1), (11, 1), (100, 1)]).await, [(0, 1), (11, 1), (100, 1)]);
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_as_are_enough_do_not_wait_for_more() {
        assert_eq!(batches(&[(0, 100), (1, 63), (11, 1)]).await, [(0, 100), (11, 64)]);
    }
}
