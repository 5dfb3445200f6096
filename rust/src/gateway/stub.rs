//! A gateway's way to its server: one long-lived Cast stream, one message in flight.

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use prost::Message;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, timeout, timeout_at};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Response, Status, Streaming};
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_health::pb::{HealthCheckRequest, HealthCheckResponse};

use super::batching::Cast;
use crate::failure::Failure;
use crate::pb;
use crate::pb::ballot_client::BallotClient;
use crate::vote::codec::{Outcome, read_outcome, write_vote};
use crate::vote::error::Fault;
use crate::vote::model::Vote;

const SERVICE: &str = "rockola.v1.Ballot";
const LARGEST_MESSAGE: usize = 250_000; // bytes, under what a server reads
const FRAME: usize = 4; // bytes around a vote in a message
const CONNECT: Duration = Duration::from_secs(1); // a cast waits for a server that is away, nothing sent
const AGAIN: Duration = Duration::from_millis(100); // between two tries to connect
const LOOK: Duration = Duration::from_millis(500); // between two questions whether the server is well
const FRESH: Duration = Duration::from_secs(1); // a cast's own word is believed, whatever the server says of its health
const WINDOW: u32 = 1 << 20; // bytes on their way, more than the answer to a full batch

/// Casts votes at one server, in the name of the Rust door.
pub struct Stub {
    endpoint: Endpoint,
    channel: RefCell<Option<Channel>>,
    stream: RefCell<Option<Stream>>,
    told: Cell<Option<Instant>>,
    ready: Arc<AtomicBool>,
}

/// Where a server is, `host:port`; Wrong when that is no address.
pub fn endpoint(server: &str) -> Result<Endpoint, Failure> {
    let endpoint = Endpoint::from_shared(format!("http://{server}"));
    let endpoint = endpoint.map_err(|error| Failure::wrong("server", error))?;
    let endpoint = endpoint.connect_timeout(CONNECT).initial_stream_window_size(WINDOW);
    Ok(endpoint.initial_connection_window_size(WINDOW))
}

impl Stub {
    /// `ready` is kept true while the server would take a vote.
    pub fn new(endpoint: Endpoint, ready: Arc<AtomicBool>) -> Self {
        let (channel, stream, told) = (RefCell::default(), RefCell::default(), Cell::default());
        Self { endpoint, channel, stream, told, ready }
    }

    /// Asks the server over and over whether it is well.
    pub async fn watch(&self) {
        loop {
            let is_well = timeout(CONNECT, self.is_well()).await.unwrap_or(false);
            if !is_well {
                self.channel.take(); // whoever comes next finds out whether it can be reached
            }
            if self.told.get().is_none_or(|since| since.elapsed() > FRESH) {
                self.ready.store(is_well, Ordering::Relaxed);
            }
            sleep(LOOK).await;
        }
    }

    fn learn(&self, ready: bool) {
        self.ready.store(ready, Ordering::Relaxed);
        self.told.set(Some(Instant::now()));
    }

    async fn is_well(&self) -> bool {
        let Ok(channel) = self.channel().await else {
            return false;
        };
        let question = HealthCheckRequest { service: SERVICE.to_owned() };
        is_serving(HealthClient::new(channel).check(question).await)
    }

    async fn exchange(&self, message: pb::Votes) -> Result<Vec<pb::Receipt>, Fault> {
        let mut stream = match self.stream.take().and_then(Stream::still_open) {
            Some(stream) => stream,
            None => Stream::open(self.channel().await?),
        };
        let receipts = stream.exchange(message).await?;
        self.stream.replace(Some(stream));
        Ok(receipts)
    }

    /// The connection to the server; NotSent when it is away for longer than CONNECT.
    async fn channel(&self) -> Result<Channel, Fault> {
        if let Some(channel) = &*self.channel.borrow() {
            return Ok(channel.clone());
        }
        let until = Instant::now() + CONNECT;
        loop {
            match timeout_at(until, self.endpoint.connect()).await {
                Ok(Ok(channel)) => {
                    self.channel.replace(Some(channel.clone()));
                    return Ok(channel);
                }
                Ok(Err(_)) if Instant::now() + AGAIN < until => sleep(AGAIN).await,
                _ => return Err(Fault::NotSent),
            }
        }
    }
}

impl Cast for Stub {
    async fn cast(&self, votes: Vec<Vote>) -> Result<Vec<Outcome>, Fault> {
        let mut outcomes = Vec::with_capacity(votes.len());
        for message in messages(votes) {
            let sent = !outcomes.is_empty();
            let number = message.votes.len();
            match self.exchange(message).await {
                Ok(receipts) if receipts.len() == number => outcomes.extend(receipts.into_iter().map(read_outcome)),
                trouble => {
                    self.give_up();
                    let certain = !sent && matches!(trouble, Err(Fault::NotSent));
                    return Err(if certain { Fault::NotSent } else { Fault::Unknown });
                }
            }
        }
        self.learn(true);
        if outcomes.contains(&Err(Fault::Unknown)) { Err(Fault::Unknown) } else { Ok(outcomes) }
    }

    fn give_up(&self) {
        self.learn(false);
        self.stream.take();
        self.channel.take();
    }
}

/// A server that does not know the question is taken at its connection.
fn is_serving(answer: Result<Response<HealthCheckResponse>, Status>) -> bool {
    match answer {
        Ok(answer) => answer.into_inner().status() == ServingStatus::Serving,
        Err(status) => status.code() == Code::Unimplemented,
    }
}

type Opening = Pin<Box<dyn Future<Output = Result<Response<Streaming<pb::Receipts>>, Status>>>>;

/// A Cast stream; a server may answer its beginning with its first message only.
struct Stream {
    messages: mpsc::Sender<pb::Votes>,
    receipts: Receipts,
}

enum Receipts {
    Opening(Opening),
    Open(Box<Streaming<pb::Receipts>>),
}

impl Stream {
    fn open(channel: Channel) -> Self {
        let (messages, sent) = mpsc::channel(1);
        let opening = async move { BallotClient::new(channel).cast(ReceiverStream::new(sent)).await };
        Self { messages, receipts: Receipts::Opening(Box::pin(opening)) }
    }

    /// Itself, unless the server ended it, as it does with a stream that kept silent for long.
    fn still_open(mut self) -> Option<Self> {
        let ended = self.messages.is_closed() || self.next().now_or_never().is_some();
        (!ended).then_some(self)
    }

    async fn exchange(&mut self, message: pb::Votes) -> Result<Vec<pb::Receipt>, Fault> {
        self.messages.send(message).await.map_err(|_| Fault::NotSent)?;
        let answer = self.next().await.map_err(|status| {
            tracing::warn!(code = ?status.code(), "cast.failed");
            Fault::Unknown
        })?;
        answer.map(|receipts| receipts.receipts).ok_or(Fault::Unknown)
    }

    async fn next(&mut self) -> Result<Option<pb::Receipts>, Status> {
        if let Receipts::Opening(opening) = &mut self.receipts {
            self.receipts = Receipts::Open(Box::new(opening.await?.into_inner()));
        }
        match &mut self.receipts {
            Receipts::Open(receipts) => receipts.message().await,
            Receipts::Opening(_) => Ok(None),
        }
    }
}

/// `Votes` messages that a server reads.
fn messages(votes: Vec<Vote>) -> Vec<pb::Votes> {
    let (mut all, mut size) = (Vec::<pb::Votes>::with_capacity(1), 0);
    for vote in votes.into_iter().map(write_vote) {
        let more = vote.encoded_len() + FRAME;
        match all.last_mut() {
            Some(last) if size + more <= LARGEST_MESSAGE => {
                size += more;
                last.votes.push(vote);
            }
            _ => {
                size = more;
                all.push(pb::Votes { votes: vec![vote], door: pb::Door::Rust.into() });
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn votes_too_large_for_a_message_go_in_more_of_them() {
        let long = "\u{1f918}".repeat(80);
        let vote =
            Vote { name: long.clone(), album: long, year: 1997, rank: 0, id: "i".repeat(128), voter: "0".repeat(32) };
        let votes = (0..900).map(|rank| Vote { rank, ..vote.clone() });
        let messages = messages(votes.collect());
        assert!(messages.len() > 1 && messages.iter().all(|message| message.encoded_len() <= LARGEST_MESSAGE));
        let ranks: Vec<u32> = messages.iter().flat_map(|message| &message.votes).map(|vote| vote.rank).collect();
        assert_eq!(ranks, (0..900).collect::<Vec<_>>());
    }
}
