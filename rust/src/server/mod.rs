//! The server: takes votes over gRPC (rockola.v1.Ballot) and appends them to the log.

mod ballot;
pub mod codec;
mod rpc;

use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::time::{Instant, sleep, timeout_at};
use tokio_util::sync::CancellationToken;
use tonic::Status;
use tonic::body::Body;
use tonic::codec::CompressionEncoding;
use tonic::codegen::http::{HeaderValue, Response};
use tonic::service::Routes;
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic_health::ServingStatus;
use tonic_health::server::HealthReporter;
use tower::util::MapResponseLayer;

pub use self::ballot::Ballot;
pub use self::rpc::Rpc;
use crate::failure::Failure;
use crate::pb;
use crate::pb::ballot_server::BallotServer;

const SERVICES: [&str; 2] = ["", "rockola.v1.Ballot"];
const LARGEST_MESSAGE: usize = 262_144; // bytes
const STREAMS: u32 = 100; // of a connection
const HEADERS: u32 = 262_144; // bytes that are read, so that whoever sends more metadata than it may is told so
const LOOK: Duration = Duration::from_millis(500); // between two looks whether the log takes votes
const KEEPALIVE: Duration = Duration::from_secs(60); // a client whose machine died does not keep its streams
const STATUS: &str = "grpc-status";
const OUT_OF_RANGE: &str = "11"; // tonic's answer to a message that is too large
const RESOURCE_EXHAUSTED: HeaderValue = HeaderValue::from_static("8");

/// Serves until `ended`, then answers what is in flight and returns, after `drain` at the latest.
///
/// Broken when the log breaks its promise: the process must end then.
pub async fn serve(listener: TcpListener, rpc: Rpc, reflected: bool, drain: Duration) -> Result<(), Failure> {
    let (ballot, ended) = (rpc.ballot.clone(), rpc.ended.clone());
    let serving = answering(listener, rpc, reflected);
    tokio::pin!(serving);
    tokio::select! {
        failure = ballot.watch() => return Err(failure),
        served = &mut serving => return served,
        () = ended.cancelled() => {}
    }
    let until = Instant::now() + drain;
    if timeout_at(until, serving).await.is_err() {
        tracing::warn!("drain.unfinished");
    }
    ballot.finish(until.saturating_duration_since(Instant::now())).await;
    Ok(())
}

async fn answering(listener: TcpListener, rpc: Rpc, reflected: bool) -> Result<(), Failure> {
    let (health, healthy) = tonic_health::server::health_reporter();
    let shutdown = tell_health(health, rpc.ballot.clone(), rpc.ended.clone());
    let ballot =
        BallotServer::new(rpc).max_decoding_message_size(LARGEST_MESSAGE).accept_compressed(CompressionEncoding::Gzip);
    let mut routes = Routes::builder();
    routes.add_service(ballot).add_service(healthy);
    if reflected {
        let away = |error: tonic_reflection::server::Error| Failure::Wrong(error.to_string());
        routes.add_service(described().build_v1().map_err(away)?);
        routes.add_service(described().build_v1alpha().map_err(away)?);
    }
    Server::builder()
        .max_concurrent_streams(STREAMS)
        .http2_max_header_list_size(HEADERS)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .layer(MapResponseLayer::new(sized))
        .add_routes(routes.routes())
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), shutdown)
        .await
        .map_err(|error| Failure::Away { service: "server", cause: error.to_string() })
}

/// Says whether the log takes votes, until `ended`.
async fn tell_health(health: HealthReporter, ballot: Arc<Ballot>, ended: CancellationToken) {
    while !ended.is_cancelled() {
        set_health(&health, ballot.is_ready()).await;
        tokio::select! { () = ended.cancelled() => {}, () = sleep(LOOK) => {} }
    }
    set_health(&health, false).await;
}

async fn set_health(health: &HealthReporter, well: bool) {
    let status = if well { ServingStatus::Serving } else { ServingStatus::NotServing };
    for service in SERVICES {
        health.set_service_status(service, status).await;
    }
}

/// What a client that does not know the contract is told.
fn described() -> tonic_reflection::server::Builder<'static> {
    tonic_reflection::server::Builder::configure()
        .register_encoded_file_descriptor_set(pb::DESCRIBED)
        .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
}

/// Says in the contract's word that a message is too large.
fn sized(mut response: Response<Body>) -> Response<Body> {
    if response.headers().get(STATUS).is_some_and(|status| status == OUT_OF_RANGE) {
        response.headers_mut().insert(STATUS, RESOURCE_EXHAUSTED);
    }
    response
}

/// A service that cannot do its job now: what was asked of it may be done, or not.
fn away(service: &str) -> Status {
    Status::unavailable(format!("{service} is away: try again, with the same ids"))
}
