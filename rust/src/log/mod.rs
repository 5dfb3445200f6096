//! The event log in Kafka: appends records to a topic and tells their places once they are durable.

mod append;
mod cluster;
mod describe;
mod findings;
mod hearing;
mod topic;

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use rdkafka::config::FromClientConfigAndContext;
use rdkafka::producer::{BaseRecord, Producer as _};

use self::append::{Word, words};
use self::cluster::Cluster;
use self::describe::Described;
use self::hearing::Hearing;
use self::topic::{Producer, Topic, producing};
use crate::failpoints::failpoint;
use crate::failure::Failure;
use crate::vote::place::{Place, partition_of};

/// A record's bytes, and the key that decides its partition (empty: one is picked for the batch).
pub struct Keyed {
    pub key: String,
    pub value: Vec<u8>,
}

/// Appends to one log.
pub struct Log {
    topic: Topic,
    producer: Arc<Producer>,
    found: Described,
    generation: Arc<str>,
    partitions: u32,
    turn: AtomicU32,
}

impl Log {
    /// Opens `kafka://[user:password@]host[:port][,host[:port]…][/topic]`.
    ///
    /// Broken when the topic is absent or its settings would not hold the promise; those that may not are warned of.
    pub async fn open(url: &str) -> Result<Self, Failure> {
        let cluster = Cluster::read(url)?;
        let producer = Producer::from_config_and_context(&producing(cluster.config()), Hearing::new(&cluster.topic));
        let producer = Arc::new(producer.map_err(Failure::log_away)?);
        let topic = Topic::new(cluster, producer.clone());
        let found = topic.fit().await?;
        let (generation, partitions) = (found.generation.as_str().into(), topic.cluster.partitions);
        Ok(Self { topic, producer, found, generation, partitions, turn: AtomicU32::new(0) })
    }

    /// The log for people to read.
    pub fn name(&self) -> &str {
        &self.topic.cluster.name
    }

    /// The records' places, in order, once they would survive a crash.
    ///
    /// A failure leaves the outcome unknown: all, some or none may be in the log. Nothing is tried twice.
    pub async fn append(&self, records: &[Keyed]) -> Result<Vec<Place>, Failure> {
        self.require_whole()?;
        failpoint("log.append").map_err(|_| Failure::log_away("armed to fail here"))?;
        let (words, told) = words(records.len());
        let free = self.turn.fetch_add(1, Ordering::Relaxed) % self.partitions;
        let mut partitions = Vec::with_capacity(records.len());
        for (record, word) in records.iter().zip(words) {
            let own = !record.key.is_empty();
            let partition = if own { partition_of(&record.key, self.partitions) } else { free };
            if !self.send(record, partition, word) {
                break; // the word was bad already
            }
            partitions.push(partition);
        }
        let offsets = told.await.map_err(Failure::log_away)??;
        let place = |(partition, offset)| Place { generation: self.generation.clone(), partition, offset };
        Ok(partitions.into_iter().zip(offsets).map(place).collect())
    }

    /// Broken when the log is another one than at the start, or its producer ended; Away when it does not say.
    pub async fn check(&self) -> Result<(), Failure> {
        self.require_whole()?;
        self.topic.require_same(&self.found).await
    }

    /// Returns when the log broke.
    pub async fn breaks(&self) {
        self.producer.context().breaks.notified().await;
    }

    /// Returns after what was handed in has its outcome, or after so long.
    pub async fn flush(&self, patience: Duration) {
        let producer = self.producer.clone();
        let flushed = tokio::task::spawn_blocking(move || producer.flush(patience)).await;
        if !matches!(flushed, Ok(Ok(()))) {
            tracing::warn!("log.unfinished");
        }
    }

    fn require_whole(&self) -> Result<(), Failure> {
        self.producer.context().broken().map_or(Ok(()), Err)
    }

    /// Hands one record over; false when the driver did not take it, and its word said so.
    fn send(&self, record: &Keyed, partition: u32, word: Box<Word>) -> bool {
        let message = BaseRecord::<str, [u8], Box<Word>>::with_opaque_to(&self.topic.cluster.topic, word);
        let message = message.partition(i32::try_from(partition).unwrap_or_default()).payload(&record.value);
        let message = if record.key.is_empty() { message } else { message.key(record.key.as_str()) };
        match self.producer.send(message) {
            Ok(()) => true,
            Err((error, refused)) => {
                refused.delivery_opaque.lost(Failure::log_away(error));
                false
            }
        }
    }
}
