//! The topic of a log: made, examined, and held to what it was at the start.

use std::sync::Arc;
use std::time::Duration;

use rdkafka::ClientConfig;
use rdkafka::admin::{AdminClient, AdminOptions, NewTopic, ResourceSpecifier, TopicReplication};
use rdkafka::client::DefaultClientContext;
use rdkafka::config::FromClientConfig;
use rdkafka::error::KafkaError;
use rdkafka::producer::{Producer as _, ThreadedProducer};
use rdkafka::types::RDKafkaErrorCode as Code;
use tokio::time::{Instant, sleep};

use super::cluster::{Cluster, words};
use super::describe::{Described, describe};
use super::findings::{self, BATCH_BYTES, DAY, Settings};
use super::hearing::Hearing;
use crate::failure::Failure;

/// The client that appends, and is asked.
pub type Producer = ThreadedProducer<Hearing>;

const ANSWER: Duration = Duration::from_secs(3); // that Kafka has to tell about a topic
const MAKING: Duration = Duration::from_secs(10); // until every broker that we ask knows a new topic
const PAUSE: Duration = Duration::from_millis(50); // between two looks
const COPIES: i32 = 3;

/// The topic that a URL names.
pub struct Topic {
    pub cluster: Cluster,
    producer: Arc<Producer>,
}

impl Topic {
    pub fn new(cluster: Cluster, producer: Arc<Producer>) -> Self {
        Self { cluster, producer }
    }

    /// What it is, once its settings are seen to hold the promise; made before when it is absent and shall be made.
    pub async fn fit(&self) -> Result<Described, Failure> {
        let config = &self.cluster.config();
        let admin = AdminClient::from_config(config).map_err(|error| self.failure(&error))?;
        let found = match self.describe().await? {
            Some(found) => found,
            None if self.cluster.create_topic => self.make(&admin).await?,
            None => return Err(findings::absent(&self.cluster.name)),
        };
        let settings = self.settings(&admin).await?;
        findings::require_fit(&self.cluster.name, &found, self.cluster.partitions, settings.as_ref())?;
        Ok(found)
    }

    /// Broken when it is another one by now, Away when it is gone or is not told.
    pub async fn require_same(&self, before: &Described) -> Result<(), Failure> {
        let gone = || Failure::log_away(words(Code::UnknownTopicOrPartition));
        let now = self.describe().await?.ok_or_else(gone)?;
        if (&now.generation, now.copies.len()) == (&before.generation, before.copies.len()) {
            return Ok(());
        }
        Err(Failure::Broken(format!(
            "The topic {} is another one than at the start: it was {} with {} partitions and is {} with {}. Nothing \
             that was acknowledged lies in it: bring the first one back, or begin a new contest with this one, a new \
             tally and a new archive.",
            self.cluster.topic,
            before.generation,
            before.copies.len(),
            now.generation,
            now.copies.len()
        )))
    }

    async fn describe(&self) -> Result<Option<Described>, Failure> {
        let (producer, topic) = (self.producer.clone(), self.cluster.topic.clone());
        producer.context().take_trouble();
        let asked = move || describe(producer.client().native_client(), &topic, ANSWER);
        let answer = tokio::task::spawn_blocking(asked).await.map_err(Failure::log_away)?;
        answer.map_err(|code| self.told(code))
    }

    async fn make(&self, admin: &AdminClient<DefaultClientContext>) -> Result<Described, Failure> {
        let copies = self.copies().await?;
        let (retention, bytes, least) = ((30 * DAY).to_string(), BATCH_BYTES.to_string(), copies.min(2).to_string());
        let partitions = i32::try_from(self.cluster.partitions).unwrap_or(i32::MAX);
        let wanted = NewTopic::new(&self.cluster.topic, partitions, TopicReplication::Fixed(copies))
            .set("message.timestamp.type", "LogAppendTime") // by a clock that is years behind, retention deletes at once
            .set("cleanup.policy", "delete")
            .set("retention.ms", &retention)
            .set("retention.bytes", "-1")
            .set("unclean.leader.election.enable", "false")
            .set("max.message.bytes", &bytes)
            .set("min.insync.replicas", &least);
        let answers = admin.create_topics([&wanted], &asking(MAKING)).await.map_err(|error| self.failure(&error))?;
        match answers.into_iter().next() {
            Some(Err((_, code))) if code != Code::TopicAlreadyExists => return Err(self.told(code)),
            _ => {} // two that make it at once both find it
        }
        self.await_made().await
    }

    async fn await_made(&self) -> Result<Described, Failure> {
        let until = Instant::now() + MAKING;
        loop {
            match self.describe().await? {
                Some(found) => return Ok(found),
                None if Instant::now() > until => return Err(self.told(Code::UnknownTopicOrPartition)),
                None => sleep(PAUSE).await,
            }
        }
    }

    async fn copies(&self) -> Result<i32, Failure> {
        if self.cluster.replication != 0 {
            return Ok(self.cluster.replication);
        }
        let producer = self.producer.clone();
        let asked = move || producer.client().fetch_metadata(None, ANSWER).map(|found| found.brokers().len());
        let brokers = tokio::task::spawn_blocking(asked).await.map_err(Failure::log_away)?;
        let brokers = brokers.map_err(|error| self.failure(&error))?;
        Ok(if i32::try_from(brokers).is_ok_and(|brokers| brokers < COPIES) { 1 } else { COPIES })
    }

    /// Its settings as they are in force; None when its user may not see them.
    async fn settings(&self, admin: &AdminClient<DefaultClientContext>) -> Result<Option<Settings>, Failure> {
        let asked = [ResourceSpecifier::Topic(&self.cluster.topic)];
        let found = admin.describe_configs(&asked, &asking(ANSWER)).await;
        match found.map_err(|error| self.failure(&error))?.into_iter().next() {
            Some(Ok(found)) => {
                let told = |entry: rdkafka::admin::ConfigEntry| (entry.name, entry.value.unwrap_or_default());
                Ok(Some(found.entries.into_iter().map(told).collect()))
            }
            Some(Err(Code::TopicAuthorizationFailed)) => Ok(None),
            Some(Err(code)) => Err(self.told(code)),
            None => Err(self.told(Code::Fail)),
        }
    }

    fn failure(&self, error: &KafkaError) -> Failure {
        match error {
            KafkaError::AdminOp(code) => self.told(*code),
            error => error.rdkafka_error_code().map_or_else(|| Failure::log_away(error), |code| self.told(code)),
        }
    }

    fn told(&self, code: Code) -> Failure {
        let heard = self.producer.context().take_trouble().filter(|_| code == Code::OperationTimedOut);
        let (code, words) = heard.unwrap_or_else(|| (code, words(code))); // it says more than that no answer came
        self.cluster.failure(code, &words)
    }
}

fn asking(patience: Duration) -> AdminOptions {
    AdminOptions::new().request_timeout(Some(patience))
}

/// What the driver is told for a producer of ours.
pub fn producing(mut config: ClientConfig) -> ClientConfig {
    const FRAME: u32 = 2000; // bytes of a batch that are not its records, and a good deal more
    config.set("acks", "all").set("enable.idempotence", "true");
    config.set("linger.ms", "0"); // an append is a batch already
    config.set("compression.type", "lz4");
    config.set("delivery.timeout.ms", "9000"); // under the gateway's deadline: nothing is appended after it gave up
    config.set("queue.buffering.max.kbytes", "65536").set("queue.buffering.max.messages", "100000"); // votes
    config.set("batch.size", (BATCH_BYTES - FRAME).to_string()).set("message.max.bytes", BATCH_BYTES.to_string());
    config
}
