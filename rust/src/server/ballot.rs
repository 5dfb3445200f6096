//! The server's heart: votes become records, and are answered with their places once the log holds them.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use crate::failpoints::failpoint;
use crate::failure::Failure;
use crate::log::{Keyed, Log};
use crate::metrics::{self, Metrics};
use crate::vote::error::Invalid;
use crate::vote::model::{Door, Vote};
use crate::vote::place::Place;
use crate::vote::record::encode_record;

const CHECKS: Duration = Duration::from_secs(60); // between two looks whether the log is still the same
const RETRY: Duration = Duration::from_secs(1); // between two looks at a log that is away

/// Appends votes to one log.
pub struct Ballot {
    log: Log,
    metrics: Arc<Metrics>,
    ready: AtomicBool,
    trouble: Notify,
}

impl Ballot {
    /// The ballot of a log that is open.
    pub fn new(log: Log, metrics: Arc<Metrics>) -> Self {
        Self { log, metrics, ready: AtomicBool::new(true), trouble: Notify::new() }
    }

    /// Whether the log's last word was good.
    pub fn is_ready(&self) -> bool {
        self.ready.load(Ordering::Relaxed)
    }

    /// The votes' places, in order, once they would survive a crash; a failure leaves it unknown which are in the log.
    pub async fn cast(&self, votes: &[Vote], door: Door) -> Result<Vec<Place>, Failure> {
        let at = now_ms();
        let record = |vote: &Vote| Keyed { key: vote.key().to_owned(), value: encode_record(vote, door, at) };
        let records: Vec<Keyed> = votes.iter().map(record).collect();
        let (unanswered, begun) = (Unanswered { ballot: self, votes: votes.len() }, Instant::now());
        let appended = self.log.append(&records).await;
        self.metrics.append_seconds.observe(begun.elapsed().as_secs_f64());
        if let Err(failure) = &appended {
            let away = matches!(failure, Failure::Away { .. });
            self.ready.fetch_and(!away, Ordering::Relaxed);
        }
        let places = appended?;
        std::mem::forget(unanswered);
        self.ready.store(true, Ordering::Relaxed);
        self.metrics.appended.get_or_create(&metrics::Door { door: door.name() }).inc_by(places.len() as u64);
        failpoint("server.appended").map_err(|_| Failure::log_away("armed to fail here"))?;
        Ok(places)
    }

    /// Counts votes that were refused, by their codes.
    pub fn count_refused<'a>(&self, refused: impl Iterator<Item = &'a Invalid>) {
        let mut codes = HashMap::new();
        for one in refused {
            *codes.entry(&*one.code).or_default() += 1;
        }
        for (code, number) in codes {
            self.metrics.refused.get_or_create(&metrics::Code { code: code.to_owned() }).inc_by(number);
        }
    }

    /// Checks the log until it breaks its promise, and tells how; the process must end then.
    pub async fn watch(&self) -> Failure {
        loop {
            match self.log.check().await {
                Ok(()) => self.ready.store(true, Ordering::Relaxed),
                Err(Failure::Away { .. }) => self.ready.store(false, Ordering::Relaxed),
                Err(failure) => return failure,
            }
            let pause = if self.is_ready() { CHECKS } else { RETRY };
            tokio::select! {
                () = self.log.breaks() => {}
                told = timeout(pause, self.trouble.notified()) => if told.is_ok() {
                    sleep(RETRY).await; // a log that failed just now is not well yet, whatever it says
                },
            }
        }
    }

    /// Returns after what is under way has its outcome, or after so long.
    pub async fn finish(&self, patience: Duration) {
        self.log.flush(patience).await;
    }
}

/// Votes whose append has no answer yet: forgotten once it has, and counted as unknown when nobody waits any more.
struct Unanswered<'a> {
    ballot: &'a Ballot,
    votes: usize,
}

impl Drop for Unanswered<'_> {
    fn drop(&mut self) {
        self.ballot.metrics.unknown.inc_by(self.votes as u64);
        self.ballot.trouble.notify_one();
    }
}

/// Unix milliseconds.
fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
