//! Every name a dashboard may use, the same as the Python parts' own; counters are raised once a batch where they can.

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use crate::process::Kernel;
use crate::vote::model;

const SECONDS: [f64; 13] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 12.0];
const VOTES: [f64; 10] = [1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0];

/// An HTTP status, or why a server refused.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Code {
    pub code: String,
}

/// The door a vote came in by.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Door {
    pub door: &'static str,
}

/// The metrics of one process.
pub struct Metrics {
    pub answers: Family<Code, Counter>,
    pub answer_seconds: Histogram,
    pub connections: Gauge,
    pub queued: Gauge,
    pub batch_votes: Histogram,
    pub appended: Family<Door, Counter>,
    pub refused: Family<Code, Counter>,
    pub unknown: Counter,
    pub append_seconds: Histogram,
    registry: Registry,
}

impl Metrics {
    /// All of them, at zero.
    pub fn new() -> Self {
        let mut registry = Registry::default();
        registry.register_collector(Box::new(Kernel));
        let mut new = Named(&mut registry);
        let metrics = Self {
            answers: new.metric("answers", "HTTP answers of the gateway", Family::default()),
            answer_seconds: new.metric(
                "answer_seconds",
                "From a batch's first vote to its answers",
                Histogram::new(SECONDS),
            ),
            connections: new.metric("connections", "Open HTTP connections", Gauge::default()),
            queued: new.metric("queued_votes", "Votes a gateway holds without an answer", Gauge::default()),
            batch_votes: new.metric("batch_votes", "Votes a gateway sends at once", Histogram::new(VOTES)),
            appended: new.metric("appended", "Votes the log acknowledged", Family::default()),
            refused: new.metric("refused", "Votes a server refused", Family::default()),
            unknown: new.metric("unknown", "Votes whose append ended without an answer", Counter::default()),
            append_seconds: new.metric("append_seconds", "An append to the log", Histogram::new(SECONDS)),
            registry,
        };
        metrics.begin();
        metrics
    }

    /// Counts that are told from the start: a rate or an increase misses what a series begins with.
    fn begin(&self) {
        for code in ["202", "503"] {
            self.answers.get_or_create(&Code { code: code.to_owned() }).inc_by(0);
        }
        for door in [model::Door::Grpc, model::Door::Rust] {
            self.appended.get_or_create(&Door { door: door.name() }).inc_by(0);
        }
    }

    /// As Prometheus reads them.
    pub fn text(&self) -> Result<String, std::fmt::Error> {
        let mut text = String::new();
        encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

struct Named<'a>(&'a mut Registry);

impl Named<'_> {
    fn metric<M: Metric + Clone>(&mut self, name: &str, sentence: &str, metric: M) -> M {
        self.0.register(format!("rockola_{name}"), sentence, metric.clone());
        metric
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_told_by_its_name_and_label() {
        let metrics = Metrics::new();
        metrics.answers.get_or_create(&Code { code: "202".to_owned() }).inc_by(3);
        assert!(metrics.text().unwrap().contains("rockola_answers_total{code=\"202\"} 3\n"));
    }
}
