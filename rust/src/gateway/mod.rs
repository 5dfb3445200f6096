//! The gateway: HTTP in, one Cast stream out to a server. Holds no state but the votes that wait for their outcome.
//!
//! All of it runs on one thread: nothing is locked, and an answer costs no wake-up of another.

mod addresses;
mod answers;
mod batching;
mod booth;
mod chunks;
mod connection;
mod framing;
mod head;
mod heads;
mod limits;
mod line;
mod service;
mod stub;
mod waiters;

use std::cell::Cell;
use std::net::IpAddr;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::{LocalSet, spawn_local};
use tokio::time::sleep;
use tonic::transport::Endpoint;

use self::addresses::Proxies;
use self::answers::Reply;
use self::batching::Batcher;
use self::booth::{Booth, read_hosts};
use self::connection::Connection;
use self::limits::Quota;
use self::line::Line;
use self::service::{SWEEP, Service};
use self::stub::Stub;
use crate::failure::Failure;
use crate::metrics::Metrics;
use crate::settings::GatewaySettings;
use crate::vote::body::BodyReader;
use crate::vote::contest::Contest;

const BREATH: Duration = Duration::from_millis(100); // when no connection can be accepted, for want of descriptors

/// Reads votes over HTTP and hands them to the server that the settings name.
pub struct Gateway {
    settings: GatewaySettings,
    metrics: Arc<Metrics>,
    reader: Arc<BodyReader>,
    proxies: Proxies,
    server: Endpoint,
    ready: Arc<AtomicBool>,
    draining: AtomicBool,
}

impl Gateway {
    /// A gateway that does not listen yet; Wrong for a setting that cannot be read.
    pub fn new(
        settings: &GatewaySettings,
        secret: &[u8],
        contest: Contest,
        metrics: Arc<Metrics>,
    ) -> Result<Arc<Self>, Failure> {
        let proxies = Proxies::read(&settings.trusted_proxies);
        Ok(Arc::new(Self {
            settings: settings.clone(),
            metrics,
            reader: Arc::new(BodyReader::new(secret, contest)),
            proxies: proxies.map_err(|reason| Failure::wrong("trusted_proxies", reason))?,
            server: stub::endpoint(&settings.server)?,
            ready: Arc::default(),
            draining: AtomicBool::new(false),
        }))
    }

    /// Whether a vote sent now would be taken in.
    pub fn is_ready(&self) -> bool {
        !self.draining.load(Ordering::Relaxed) && self.ready.load(Ordering::Relaxed)
    }

    /// Takes votes until `ended`; then takes no more, answers what is in flight and returns, after `drain` at the latest.
    pub async fn serve(self: Arc<Self>, listener: TcpListener, ended: impl Future<Output = ()>) -> Result<(), Failure> {
        LocalSet::new().run_until(self.work(listener, ended)).await;
        Ok(())
    }

    async fn work(&self, listener: TcpListener, ended: impl Future<Output = ()>) {
        let (service, metrics) = (self.service(), self.metrics.clone());
        let stub = Rc::new(Stub::new(self.server.clone(), self.ready.clone()));
        spawn_local(cast_for_ever(service.clone(), stub.clone()));
        spawn_local(async move { stub.watch().await });
        spawn_local(sweep_for_ever(service.clone(), metrics));
        tokio::select! { () = welcome_all(&listener, &service) => {}, () = ended => {} }
        drop(listener);
        self.draining.store(true, Ordering::Relaxed);
        service.booth.closed.set(true);
        service.drain(Duration::from_secs(self.settings.common.drain as u64)).await;
        service.publish(&self.metrics);
    }

    fn service(&self) -> Rc<Service> {
        let settings = &self.settings;
        let booth = Booth {
            reader: self.reader.clone(),
            batcher: Batcher::new(settings.queue, self.metrics.clone()),
            quota: Quota::new(settings.address_rate, settings.voter_rate, self.proxies.clone()),
            hosts: read_hosts(&settings.hosts),
            ready: self.ready.clone(),
            closed: Cell::new(false),
        };
        Service::new(booth, (&settings.common.waits).into(), settings.connections)
    }
}

/// Casts what comes; should it ever fall over, what was on its way is unknown, and it begins anew.
async fn cast_for_ever(service: Rc<Service>, stub: Rc<Stub>) {
    loop {
        let (service, stub) = (service.clone(), stub.clone());
        if spawn_local(async move { service.booth.batcher.run(&*stub).await }).await.is_err() {
            tracing::error!("casting.failed");
        }
    }
}

async fn sweep_for_ever(service: Rc<Service>, metrics: Arc<Metrics>) {
    loop {
        sleep(SWEEP).await;
        service.sweep(&metrics);
    }
}

async fn welcome_all(listener: &TcpListener, service: &Rc<Service>) {
    loop {
        match listener.accept().await {
            Ok((stream, peer)) => welcome(stream, peer.ip(), service),
            Err(error) => {
                tracing::warn!(%error, "accept.failed");
                sleep(BREATH).await;
            }
        }
    }
}

/// Takes a connection in, or turns it away.
fn welcome(stream: TcpStream, address: IpAddr, service: &Rc<Service>) {
    let _ = stream.set_nodelay(true); // a socket that is gone already says so when it is read
    if let Some(refusal) = service.refuses(address) {
        let mut answer = Vec::new();
        Reply::from(refusal).write(&mut answer, true, false);
        service.answered.count(Reply::from(refusal).status());
        let _ = stream.try_write(&answer); // a new socket takes as much
        return;
    }
    let deadline = service.now() + service.deadlines.head;
    let line = Line::new(address, deadline, service.answered.clone());
    spawn_local(Connection::new(stream, service.clone(), line));
}
