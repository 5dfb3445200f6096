//! The settings: the same names, environment names and sentences as those of the Python parts.

use clap::builder::BoolishValueParser;
use clap::{ArgAction, Args, Parser, Subcommand, value_parser};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use std::path::{Path, PathBuf};

use crate::failure::Failure;
use crate::waits::Waits;

const MOST: i64 = 10_000_000; // of any number
/// What stands in a URL's path as it is.
const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/').remove(b'.').remove(b'_').remove(b'-').remove(b'~');

/// The doors of rockola in Rust: a gateway over HTTP and a server over gRPC.
#[derive(Parser)]
#[command(name = "rockola-door", version, disable_help_subcommand = true)]
pub struct Line {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand)]
pub enum Command {
    /// Run the gateway: HTTP in at /rust, gRPC out to a server.
    ///
    /// Needs the same secret as the server and every other gateway: ROCKOLA_SECRET, or the same data folder.
    Gateway(GatewaySettings),
    /// Run the server: takes votes over gRPC (rockola.v1.Ballot) and appends them to a log in Kafka.
    Server(ServerSettings),
}

#[derive(Args, Clone)]
pub struct GatewaySettings {
    #[arg(long, env = "ROCKOLA_GATEWAY_LISTEN", default_value = "127.0.0.1:8000")]
    #[arg(help = "Where the gateway takes votes over HTTP.")]
    pub gateway_listen: String,
    #[arg(long, env = "ROCKOLA_SERVER", default_value = "127.0.0.1:8080")]
    #[arg(help = "Where a gateway of its own finds its server.")]
    pub server: String,
    #[arg(long, env = "ROCKOLA_QUEUE", default_value_t = 20_000, value_parser = count())]
    #[arg(help = "Votes a gateway holds at most; beyond it answers 503.")]
    pub queue: usize,
    #[arg(long, env = "ROCKOLA_CONNECTIONS", default_value_t = 1000, value_parser = count())]
    #[arg(help = "Connections a gateway holds at most.")]
    pub connections: usize,
    #[arg(long, env = "ROCKOLA_ADDRESS_RATE", default_value_t = 0, value_parser = count())]
    #[arg(help = "Votes a second an address may send; 0 is no limit.")]
    pub address_rate: usize,
    #[arg(long, env = "ROCKOLA_VOTER_RATE", default_value_t = 0, value_parser = count())]
    #[arg(help = "Votes a second a voter may send; 0 is no limit.")]
    pub voter_rate: usize,
    #[arg(long, env = "ROCKOLA_HOSTS", default_value = "")]
    #[arg(help = "Host names, by commas, a gateway answers for; empty answers for any.")]
    pub hosts: String,
    #[arg(long, env = "ROCKOLA_TRUSTED_PROXIES", default_value = "")]
    #[arg(help = "Addresses, by commas, whose X-Forwarded-For is believed.")]
    pub trusted_proxies: String,
    #[arg(long, env = "ROCKOLA_METRICS_LISTEN", default_value = "127.0.0.1:9104")]
    #[arg(help = "Where /metrics, /healthz and /readyz of a process are.")]
    pub metrics_listen: String,
    #[command(flatten)]
    pub common: Common,
}

#[derive(Args, Clone)]
pub struct ServerSettings {
    #[arg(long, env = "ROCKOLA_SERVER_LISTEN", default_value = "127.0.0.1:8080")]
    #[arg(help = "Where the server takes votes over gRPC.")]
    pub server_listen: String,
    #[arg(long, env = "ROCKOLA_LOG", default_value = "sqlite:///{data}/log.db")]
    #[arg(help = "Event log, where votes are queued: sqlite or kafka.")]
    pub log: String,
    #[arg(long, env = "ROCKOLA_CREATE_TOPIC", value_parser = BoolishValueParser::new())]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(help = "Whether the Kafka topic is made when it is absent.")]
    pub create_topic: Option<bool>,
    #[arg(long, hide = true, overrides_with = "create_topic")]
    pub no_create_topic: bool,
    #[arg(long, env = "ROCKOLA_REFLECTION", default_value_t = true, value_parser = BoolishValueParser::new())]
    #[arg(action = ArgAction::Set, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    #[arg(help = "Whether the gRPC server describes itself.")]
    pub reflection: bool,
    #[arg(long, hide = true, overrides_with = "reflection")]
    pub no_reflection: bool,
    #[arg(long, env = "ROCKOLA_METRICS_LISTEN", default_value = "127.0.0.1:9105")]
    #[arg(help = "Where /metrics, /healthz and /readyz of a process are.")]
    pub metrics_listen: String,
    #[command(flatten)]
    pub common: Common,
}

/// What both take.
#[derive(Args, Clone)]
pub struct Common {
    #[arg(long, env = "ROCKOLA_DATA", default_value = "data")]
    #[arg(help = "Folder of the embedded stores.")]
    pub data: PathBuf,
    #[arg(long, env = "ROCKOLA_CONTEST")]
    #[arg(help = "Contest file (TOML): candidates, votes_per_voter, title, zone, results.")]
    pub contest: Option<PathBuf>,
    #[arg(long, env = "ROCKOLA_SECRET", default_value = "", hide_env_values = true)]
    #[arg(help = "Secret of the voter digests; empty makes one in the data folder.")]
    pub secret: String,
    #[arg(long, env = "ROCKOLA_DRAIN", default_value_t = 10, value_parser = count())]
    #[arg(help = "Seconds a stopping process has for what is in flight.")]
    pub drain: usize,
    #[arg(long, env = "ROCKOLA_FAILPOINTS", default_value = "", hide = true)]
    #[arg(help = "For tests: points where the process dies, waits or fails.")]
    pub failpoints: String,
    #[arg(long, env = "ROCKOLA_WAITS", default_value = "", hide = true, value_parser = Waits::parse)]
    #[arg(help = "For tests: deadlines other than the published ones.")]
    pub waits: Waits,
    #[arg(long, env = "ROCKOLA_LEASH", default_value = "", hide = true)]
    #[arg(help = "Whether the process ends when its stdin does.")]
    pub leash: String,
}

impl ServerSettings {
    /// Whether the server describes itself.
    pub fn reflects(&self) -> bool {
        self.reflection && !self.no_reflection
    }

    /// The log's URL, its data folder filled in, and its option with it.
    pub fn log_url(&self) -> Result<String, Failure> {
        let data = std::path::absolute(&self.common.data).map_err(|error| Failure::wrong("data", error))?;
        let url = self.log.replace("{data}", &quoted(&data));
        let make = if self.no_create_topic { Some(false) } else { self.create_topic };
        Ok(match make {
            Some(make) if url.starts_with("kafka:") && !url.contains("create_topic=") => {
                let sign = if url.contains('?') { '&' } else { '?' };
                format!("{url}{sign}create_topic={make}")
            }
            _ => url,
        })
    }
}

fn quoted(path: &Path) -> String {
    utf8_percent_encode(&path.to_string_lossy(), PATH).to_string()
}

fn count() -> impl clap::builder::TypedValueParser<Value = usize> {
    use clap::builder::TypedValueParser;
    value_parser!(i64).range(0..=MOST).map(|number| usize::try_from(number).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(arguments: &[&str]) -> ServerSettings {
        let line = Line::try_parse_from(["rockola-door", "server"].iter().chain(arguments)).unwrap();
        match line.command {
            Command::Server(settings) => settings,
            Command::Gateway(_) => unreachable!("it was told to be a server"),
        }
    }

    fn log_url(arguments: &[&str]) -> String {
        server(arguments).log_url().unwrap()
    }

    #[test]
    fn what_is_said_of_the_topic_goes_into_the_url_unless_it_says_so_itself() {
        assert_eq!(log_url(&["--log=kafka://a/t"]), "kafka://a/t");
        assert_eq!(log_url(&["--log=kafka://a/t", "--create-topic"]), "kafka://a/t?create_topic=true");
        assert_eq!(log_url(&["--log=kafka://a?tls=1", "--no-create-topic"]), "kafka://a?tls=1&create_topic=false");
        let own = "kafka://a?create_topic=false";
        assert_eq!(log_url(&[&format!("--log={own}"), "--create-topic=true"]), own);
    }

    #[test]
    fn the_data_folder_is_quoted_in_the_url() {
        assert_eq!(log_url(&["--data=/a #1"]), "sqlite:////a%20%231/log.db");
    }

    #[test]
    fn a_server_describes_itself_unless_told_otherwise() {
        let reflects = |arguments: &[&str]| server(arguments).reflects();
        assert!(reflects(&[]));
        assert!(!reflects(&["--no-reflection"]) && !reflects(&["--reflection=false"]));
    }

    #[test]
    fn a_number_out_of_range_is_refused() {
        for wrong in ["--queue=-1", "--queue=10000001", "--queue=many"] {
            assert!(Line::try_parse_from(["rockola-door", "gateway", wrong]).is_err(), "{wrong}");
        }
    }
}
