//! Puts a process together: its settings, its part, what watches it, and its end.

use std::fs;
use std::io::{ErrorKind, Read, Write};
use std::net::SocketAddr;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::failpoints;
use crate::failure::Failure;
use crate::gateway::Gateway;
use crate::log::Log;
use crate::metrics::Metrics;
use crate::probes::{self, Ready};
use crate::server::{self, Ballot, Rpc};
use crate::settings::{Command, Common, GatewaySettings, ServerSettings};
use crate::vote::codec::Ballots;
use crate::vote::contest::Contest;

const SECRET_BYTES: usize = 32;
const GRACE: Duration = Duration::from_secs(1); // beyond `drain`, for what takes no time

/// Runs one part until SIGTERM, SIGINT or a failure.
pub fn run(command: Command) -> Result<(), Failure> {
    tell_in_json();
    let common = match &command {
        Command::Gateway(settings) => settings.common.clone(),
        Command::Server(settings) => settings.common.clone(),
    };
    failpoints::arm(&common.failpoints).map_err(|reason| Failure::wrong("failpoints", reason))?;
    if !common.leash.is_empty() {
        std::thread::spawn(end_with_stdin);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Wrong(format!("No threads are to be had: {error}")))?;
    let ended = runtime.block_on(async {
        match command {
            Command::Gateway(settings) => gateway(settings).await,
            Command::Server(settings) => server(settings).await,
        }
    });
    runtime.shutdown_timeout(GRACE);
    ended
}

async fn gateway(settings: GatewaySettings) -> Result<(), Failure> {
    let ended = ended_by_signal()?;
    let (metrics, common) = (Arc::new(Metrics::new()), &settings.common);
    let gateway = Gateway::new(&settings, &secret(common)?, contest(common)?, metrics.clone())?;
    let ready = gateway.clone();
    let watched = watched(&settings.metrics_listen, metrics, Arc::new(move || ready.is_ready())).await?;
    let (listener, address) = bound("gateway_listen", &settings.gateway_listen).await?;
    announce(&[("votes by HTTP", format!("http://{address}/rust")), watched], common);
    gateway.serve(listener, ended.cancelled_owned()).await
}

async fn server(settings: ServerSettings) -> Result<(), Failure> {
    let ended = ended_by_signal()?;
    let (metrics, common) = (Arc::new(Metrics::new()), &settings.common);
    let ballots = Arc::new(Ballots::new(&secret(common)?, contest(common)?));
    let log = Log::open(&settings.log_url()?).await?;
    let name = log.name().to_owned();
    let ballot = Arc::new(Ballot::new(log, metrics.clone()));
    let (heart, stopped) = (ballot.clone(), ended.clone());
    let ready = Arc::new(move || heart.is_ready() && !stopped.is_cancelled());
    let watched = watched(&settings.metrics_listen, metrics, ready).await?;
    let (listener, address) = bound("server_listen", &settings.server_listen).await?;
    announce(&[("votes by gRPC", address.to_string()), watched, ("log", name)], common);
    let rpc = Rpc { ballot, ballots, waits: common.waits, ended };
    server::serve(listener, rpc, settings.reflects(), Duration::from_secs(common.drain as u64)).await
}

/// Starts what watches the process, and says where it is.
async fn watched(listen: &str, metrics: Arc<Metrics>, ready: Ready) -> Result<(&'static str, String), Failure> {
    let (listener, address) = bound("metrics_listen", listen).await?;
    tokio::spawn(probes::serve(listener, metrics, ready));
    Ok(("metrics", format!("http://{address}/metrics")))
}

async fn bound(setting: &str, listen: &str) -> Result<(TcpListener, SocketAddr), Failure> {
    let told = |error| {
        let flag = setting.replace('_', "-");
        Failure::Wrong(format!("Nothing can listen at {listen}: {error}. Choose another place with --{flag}."))
    };
    let listener = TcpListener::bind(listen).await.map_err(told)?;
    let address = listener.local_addr().map_err(told)?;
    Ok((listener, address))
}

/// Shows where everything is, once it is there.
fn announce(places: &[(&str, String)], common: &Common) {
    let mut out = std::io::stdout().lock();
    for (name, place) in places {
        let _ = writeln!(out, "  {name:<16}{place}"); // nobody needs to listen
    }
    let data = std::path::absolute(&common.data).unwrap_or_else(|_| common.data.clone());
    let _ = writeln!(out, "  {:<16}{}", "data", data.display());
    let _ = writeln!(out, "rockola is up. Ctrl-C stops it.");
    let _ = out.flush();
}

/// Cancelled by the first SIGTERM or SIGINT.
fn ended_by_signal() -> Result<CancellationToken, Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::Wrong(format!("No signals can be heard: {error}")));
    let (mut term, mut int) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    let ended = CancellationToken::new();
    let told = ended.clone();
    tokio::spawn(async move {
        tokio::select! { _ = term.recv() => {}, _ = int.recv() => {} }
        told.cancel();
    });
    Ok(ended)
}

/// The contest of the setting's file; without one any band may be voted for.
fn contest(common: &Common) -> Result<Contest, Failure> {
    let Some(path) = &common.contest else {
        return Ok(Contest::default());
    };
    let read = fs::read_to_string(path).map_err(|error| error.to_string()).and_then(|text| Contest::read(&text));
    read.map_err(|error| Failure::Wrong(format!("The contest file {} cannot be used: {error}", path.display())))
}

/// The secret of the voter digests: the setting's, or one made once and kept in the data folder.
fn secret(common: &Common) -> Result<Vec<u8>, Failure> {
    if !common.secret.is_empty() {
        return Ok(common.secret.clone().into_bytes());
    }
    kept_secret(&common.data).map_err(|error| Failure::wrong("data", error))
}

fn kept_secret(data: &Path) -> std::io::Result<Vec<u8>> {
    let (path, own) = (data.join("secret"), data.join(format!("secret.{}", std::process::id())));
    fs::create_dir_all(data)?;
    if !path.exists() {
        fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&own)?.write_all(&random()?)?;
        match fs::hard_link(&own, &path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(error), // else another was quicker
            _ => fs::remove_file(&own)?,
        }
    }
    fs::read(path)
}

fn random() -> std::io::Result<Vec<u8>> {
    let mut bytes = [0; SECRET_BYTES];
    getrandom::fill(&mut bytes)?;
    Ok(bytes.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()).collect())
}

/// A child never outlives whoever holds the other end of its stdin.
fn end_with_stdin() {
    let mut rest = [0; 64];
    while matches!(std::io::stdin().read(&mut rest), Ok(1..)) {}
    std::process::exit(0);
}

fn tell_in_json() {
    tracing_subscriber::fmt().json().flatten_event(true).with_writer(std::io::stderr).init();
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_secret_is_made_once_and_shown_to_nobody_else() {
        let data = std::env::temp_dir().join(format!("rockola-secret-{}", std::process::id()));
        let secret = kept_secret(&data).unwrap();
        let again = kept_secret(&data).unwrap();
        let mode = fs::metadata(data.join("secret")).unwrap().permissions().mode() & 0o777;
        fs::remove_dir_all(&data).unwrap();
        assert_eq!((secret.len(), again, mode), (2 * SECRET_BYTES, secret, 0o600));
    }
}
