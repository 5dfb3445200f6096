//! What is found of a topic: whether its settings hold the promise.

use std::collections::HashMap;

use super::describe::Described;
use crate::failure::Failure;

pub const BATCH_BYTES: u32 = 65_536; // of the records that lie together in the log; a vote takes at most 4 KB
pub const DAY: i64 = 24 * 3600 * 1000; // milliseconds
const SHORTEST: i64 = 14; // days
const ABSENT: &str = "Make it with `rockola topic create`, or let the server make it with create_topic.";
const HIDDEN: &str = "Allow this user DescribeConfigs on the topic, so that its settings can be seen.";
const ONE_COPY: &str = "A disk that breaks takes every vote not yet counted: use three brokers and a topic of three \
    copies.";
const FEW: &str = "Set min.insync.replicas 2: with less, a vote is acknowledged that lies at one broker alone.";
const MANY: &str = "Set min.insync.replicas to at most the number of copies: nothing can be appended.";

/// A topic's settings as they are in force.
pub type Settings = HashMap<String, String>;

/// How a setting stands to the promise when it is not as demanded.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Grade {
    /// Allowed, and said at each start.
    Risky,
    /// Refused.
    Broken,
}

/// What a topic's setting must be, and what to change.
struct Demand {
    setting: &'static str,
    holds: fn(&str) -> bool,
    advice: &'static str,
    otherwise: Grade,
}

const DEMANDS: [Demand; 6] = [
    Demand {
        setting: "cleanup.policy",
        holds: |found| !found.contains("compact"),
        advice: "Set cleanup.policy=delete: compaction keeps one vote of each voter.",
        otherwise: Grade::Broken,
    },
    Demand {
        setting: "retention.ms",
        holds: |found| found.parse().is_ok_and(|found: i64| found == -1 || found >= SHORTEST * DAY),
        advice: "Set retention.ms to 1209600000 or more (14 days), or to -1: votes are deleted before they are \
            counted when a consumer is away for longer.",
        otherwise: Grade::Broken,
    },
    Demand {
        setting: "retention.bytes",
        holds: |found| found == "-1",
        advice: "Set retention.bytes=-1: many votes at once delete those that are not counted yet.",
        otherwise: Grade::Broken,
    },
    Demand {
        setting: "message.timestamp.type",
        holds: |found| found == "LogAppendTime",
        advice: "Set message.timestamp.type=LogAppendTime: a server's clock that is behind makes its votes old, and \
            old ones are deleted.",
        otherwise: Grade::Risky,
    },
    Demand {
        setting: "unclean.leader.election.enable",
        holds: |found| found == "false",
        advice: "Set unclean.leader.election.enable=false: a broker that lacks acknowledged votes may lead.",
        otherwise: Grade::Broken,
    },
    Demand {
        setting: "max.message.bytes",
        holds: |found| found.parse().is_ok_and(|found: u32| found >= BATCH_BYTES),
        advice: "Set max.message.bytes to 65536 or more: records that go together are refused.",
        otherwise: Grade::Broken,
    },
];

/// A setting that is not as demanded.
#[derive(Debug, PartialEq)]
struct Finding {
    setting: &'static str,
    found: String,
    grade: Grade,
    advice: String,
}

/// A topic that is absent and shall not be made.
pub fn absent(name: &str) -> Failure {
    Failure::Broken(format!("The log at {name}: topic is absent. {ABSENT}"))
}

/// Broken for the first setting that breaks the promise; warns of those that may. `name` tells the log.
pub fn require_fit(name: &str, found: &Described, wanted: u32, settings: Option<&Settings>) -> Result<(), Failure> {
    let findings = findings(found, wanted, settings);
    if let Some(Finding { setting, found, advice, .. }) = findings.iter().find(|one| one.grade == Grade::Broken) {
        return Err(Failure::Broken(format!("The log at {name}: {setting} is {found}. {advice}")));
    }
    for Finding { setting, found, advice, .. } in findings {
        tracing::warn!(setting, found, advice, "risky");
    }
    Ok(())
}

fn findings(found: &Described, wanted: u32, settings: Option<&Settings>) -> Vec<Finding> {
    let (partitions, copies) = (found.copies.len(), found.copies.iter().copied().min().unwrap_or_default());
    let mut findings = Vec::new();
    let mut add = |setting, found: String, grade, advice: &str| {
        findings.push(Finding { setting, found, grade, advice: advice.to_owned() });
    };
    if u32::try_from(partitions) != Ok(wanted) {
        let advice = format!(
            "The log's URL says {wanted}. When the topic was made with {partitions}, say partitions={partitions} \
             there. When it was given more later, use another topic: a voter's votes would lie in two partitions."
        );
        add("partitions", partitions.to_string(), Grade::Broken, &advice);
    }
    if copies < 2 {
        add("copies", copies.to_string(), Grade::Risky, ONE_COPY);
    }
    let Some(settings) = settings else {
        add("settings", "hidden".to_owned(), Grade::Risky, HIDDEN);
        return findings;
    };
    let of = |setting| settings.get(setting).map_or("", String::as_str);
    for demand in DEMANDS.iter().filter(|demand| !(demand.holds)(of(demand.setting))) {
        add(demand.setting, of(demand.setting).to_owned(), demand.otherwise, demand.advice);
    }
    let least = of("min.insync.replicas").parse().unwrap_or(0_usize);
    if least > copies {
        add("min.insync.replicas", least.to_string(), Grade::Broken, MANY);
    } else if least < 2 && copies > 1 {
        add("min.insync.replicas", least.to_string(), Grade::Risky, FEW);
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn topic(partitions: usize) -> Described {
        Described { generation: "g".to_owned(), copies: vec![3; partitions] }
    }

    fn fit() -> Settings {
        let settings = [
            ("cleanup.policy", "delete"),
            ("retention.ms", "1209600000"),
            ("retention.bytes", "-1"),
            ("message.timestamp.type", "LogAppendTime"),
            ("unclean.leader.election.enable", "false"),
            ("max.message.bytes", "65536"),
            ("min.insync.replicas", "2"),
        ];
        settings.map(|(name, value)| (name.to_owned(), value.to_owned())).into()
    }

    fn refused(changed: (&str, &str)) -> String {
        let mut settings = fit();
        settings.insert(changed.0.to_owned(), changed.1.to_owned());
        require_fit("kafka://a", &topic(6), 6, Some(&settings)).map_or_else(|one| one.to_string(), |()| String::new())
    }

    #[test]
    fn a_topic_as_demanded_has_no_findings() {
        assert_eq!(findings(&topic(6), 6, Some(&fit())), []);
    }

    #[test]
    fn a_setting_that_breaks_the_promise_is_refused_by_its_name() {
        for changed in [
            ("cleanup.policy", "compact,delete"),
            ("retention.ms", "60000"),
            ("retention.bytes", "1"),
            ("unclean.leader.election.enable", "true"),
            ("max.message.bytes", "1000"),
            ("min.insync.replicas", "4"),
        ] {
            assert!(refused(changed).contains(&format!("The log at kafka://a: {} is {}. ", changed.0, changed.1)));
        }
        assert_eq!(refused(("message.timestamp.type", "CreateTime")), "");
    }

    #[test]
    fn another_number_of_partitions_is_refused() {
        let failure = require_fit("kafka://a", &topic(8), 6, Some(&fit())).unwrap_err();
        assert!(failure.to_string().contains("partitions is 8. The log's URL says 6."));
    }
}
