//! A Kafka cluster behind a URL: what the driver is told, and its errors as ours.

use percent_encoding::percent_decode_str;
use rdkafka::ClientConfig;
use rdkafka::types::RDKafkaErrorCode as Code;

use crate::failure::Failure;

const TOPIC: &str = "votes";
const PARTITIONS: u32 = 6;
const READABLE: &str = "A log's URL reads kafka://[user:password@]host[:port][,host[:port]…][/topic]; \
    signs in the user and the password are quoted, such as %40 for @ and %2F for /.";
const KNOWN: &str = "partitions, create_topic, replication, group, protocol, session, sasl, tls";
const MECHANISMS: [&str; 3] = ["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"];
const PROTOCOLS: [&str; 2] = ["classic", "consumer"];
/// Somebody must change something.
const REFUSALS: [Code; 7] = [
    Code::Authentication,
    Code::SaslAuthenticationFailed,
    Code::TopicAuthorizationFailed,
    Code::GroupAuthorizationFailed,
    Code::ClusterAuthorizationFailed,
    Code::InvalidReplicationFactor,
    Code::PolicyViolation,
];

/// A `kafka://` URL, read.
#[derive(Clone, Debug)]
pub struct Cluster {
    /// The URL for people to read: no user, password or options.
    pub name: String,
    pub topic: String,
    pub partitions: u32,
    pub create_topic: bool,
    /// Copies of a topic that is made: 0 takes 3 where there are brokers for it, else 1.
    pub replication: i32,
    servers: String,
    user: Option<(String, String)>,
    sasl: String,
    tls: bool,
}

impl Cluster {
    /// The cluster of a URL; Wrong says what to change in it.
    pub fn read(url: &str) -> Result<Self, Failure> {
        let wrong = |sentence: &str| Failure::Wrong(sentence.to_owned());
        let Some(rest) = url.strip_prefix("kafka://") else {
            let scheme = url.split(':').next().unwrap_or_default();
            return Err(Failure::Wrong(format!(
                "A server in Rust appends to Kafka alone, not to {scheme}: name a log by --log kafka://host:port/topic."
            )));
        };
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, servers) = place.rsplit_once('@').map_or((None, place), |(user, servers)| (Some(user), servers));
        if path.contains('@') || query.contains('@') || url.contains('#') || !servers.split(',').all(is_place) {
            return Err(wrong(READABLE));
        }
        let topic = match path.trim_matches('/') {
            "" => TOPIC.to_owned(),
            path => unquoted(path),
        };
        if !is_topic(&topic) {
            return Err(wrong("A topic's name is of letters, digits and . _ - only."));
        }
        let mut cluster = Self {
            name: format!("kafka://{servers}{}", if path.is_empty() { String::new() } else { format!("/{path}") }),
            topic,
            partitions: PARTITIONS,
            create_topic: false,
            replication: 0,
            servers: servers.to_owned(),
            user: user.map(|user| user.split_once(':').unwrap_or((user, ""))).map(|(u, p)| (unquoted(u), unquoted(p))),
            sasl: "SCRAM-SHA-512".to_owned(),
            tls: false,
        };
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (option, value) = pair.split_once('=').unwrap_or((pair, ""));
            cluster.follow(option, &unquoted(value))?;
        }
        cluster.require_able()?;
        Ok(cluster)
    }

    /// The driver's settings for a client.
    pub fn config(&self) -> ClientConfig {
        let mut config = ClientConfig::new();
        let kind = if self.tls { "SSL" } else { "PLAINTEXT" };
        let kind = if self.user.is_some() { format!("SASL_{kind}") } else { kind.to_owned() };
        config.set("client.id", "rockola").set("bootstrap.servers", &self.servers).set("security.protocol", kind);
        config.set("reconnect.backoff.max.ms", "500"); // by default 10 s: longer than an append lasts
        config.set("socket.timeout.ms", "10000"); // an answer that takes longer will not come: by default a minute
        // A broker that died is asked for as the controller until the next look at who is: by default 5 minutes.
        config.set("topic.metadata.refresh.interval.ms", "1000");
        if self.tls {
            config.set("ssl.ca.location", "probe"); // what is compiled in looks where no system has its certificates
        }
        if let Some((user, password)) = &self.user {
            config.set("sasl.mechanism", &self.sasl).set("sasl.username", user).set("sasl.password", password);
        }
        config
    }

    /// An error of the driver as ours: Away, or Broken when trying again will not help.
    pub fn failure(&self, code: Code, words: &str) -> Failure {
        if REFUSALS.contains(&code) || code == Code::Fatal {
            return Failure::Broken(format!("The log at {} refuses what was asked of it: {words}.", self.name));
        }
        Failure::log_away(words)
    }

    fn follow(&mut self, option: &str, value: &str) -> Result<(), Failure> {
        match option {
            "partitions" => self.partitions = number(option, value)?,
            "replication" => self.replication = number(option, value)?,
            "create_topic" => self.create_topic = truth(option, value)?,
            "tls" => self.tls = truth(option, value)?,
            "session" => _ = number::<u32>(option, value)?, // of readers, as are the next
            "protocol" => _ = chosen(option, value, &PROTOCOLS)?,
            "sasl" => self.sasl = chosen(option, value, &MECHANISMS)?,
            "group" => {}
            _ => {
                let sentence = format!("{option} is no option of kafka URLs; known are {KNOWN}.");
                return Err(Failure::Wrong(sentence));
            }
        }
        if self.partitions < 1 {
            return Err(Failure::Wrong("The option partitions of a kafka URL is at least 1.".to_owned()));
        }
        Ok(())
    }

    fn require_able(&self) -> Result<(), Failure> {
        let scrambled = self.user.is_some() && self.sasl != "PLAIN";
        if cfg!(feature = "tls") || !(self.tls || scrambled) {
            return Ok(());
        }
        let what = if self.tls { "TLS" } else { &self.sasl };
        Err(Failure::Wrong(format!("This rockola-door was built without {what}: build it with --features tls.")))
    }
}

/// Kafka's own words for an error.
pub fn words(code: Code) -> String {
    let whole = code.to_string(); // "Name (words)"
    whole.split_once(" (").map_or(whole.as_str(), |(_, rest)| rest.trim_end_matches(')')).to_owned()
}

fn unquoted(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

fn is_topic(name: &str) -> bool {
    (1..=249).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn is_place(server: &str) -> bool {
    let (host, port) = match server.rsplit_once(':') {
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (server, None),
    };
    !host.is_empty() && port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port != 0))
}

fn number<N: std::str::FromStr>(option: &str, value: &str) -> Result<N, Failure> {
    let wrong = |_| Failure::Wrong(format!("The option {option} of a URL is a whole number, not {value}."));
    value.parse().map_err(wrong)
}

fn truth(option: &str, value: &str) -> Result<bool, Failure> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" => Ok(true),
        "false" | "0" | "no" => Ok(false),
        _ => Err(Failure::Wrong(format!("The option {option} of a URL is true or false, not {value}."))),
    }
}

fn chosen(option: &str, value: &str, choices: &[&str]) -> Result<String, Failure> {
    if choices.contains(&value) {
        return Ok(value.to_owned());
    }
    Err(Failure::Wrong(format!("The option {option} of a kafka URL is one of {}.", choices.join(", "))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sentence(url: &str) -> String {
        Cluster::read(url).unwrap_err().to_string()
    }

    #[test]
    fn a_url_names_servers_topic_and_options_and_shows_no_password() {
        let cluster =
            Cluster::read("kafka://ana:p%40ss@a:1,b:2/songs?partitions=3&sasl=PLAIN&create_topic=true").unwrap();
        assert_eq!(cluster.name, "kafka://a:1,b:2/songs");
        assert_eq!((cluster.partitions, cluster.create_topic, cluster.topic.as_str()), (3, true, "songs"));
        assert_eq!(cluster.user, Some(("ana".to_owned(), "p@ss".to_owned())));
        assert_eq!(cluster.config().get("security.protocol"), Some("SASL_PLAINTEXT"));
    }

    #[test]
    fn the_topic_is_votes_unless_it_is_named() {
        assert_eq!(Cluster::read("kafka://a").unwrap().topic, "votes");
    }

    #[test]
    fn a_url_that_cannot_be_read_says_what_to_change() {
        for url in ["kafka://", "kafka://a:0", "kafka://u:p/w@a", "kafka://a:x/t", "kafka://a/t#x"] {
            assert_eq!(sentence(url), READABLE, "{url}");
        }
        assert!(sentence("kafka://a/t?color=red").starts_with("color is no option of kafka URLs"));
        assert!(sentence("kafka://a/t?partitions=x").ends_with("a whole number, not x."));
        assert!(sentence("sqlite:///data/log.db").contains("appends to Kafka alone, not to sqlite"));
    }
}
