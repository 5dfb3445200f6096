//! The server's gRPC edge, rockola.v1.Ballot: reachable by anyone on its network, so it checks every vote again.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::{FutureExt, Stream, stream};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tonic::metadata::{MetadataMap, MetadataValue};
use tonic::{Code, Request, Response, Status, Streaming};

use super::away;
use super::ballot::Ballot;
use crate::failure::Failure;
use crate::pb;
use crate::vote::body::LARGEST_BATCH;
use crate::vote::codec::{Ballots, write_outcome};
use crate::vote::error::Fault;
use crate::vote::model::{Door, Vote};
use crate::waits::Waits;

const LARGEST_METADATA: usize = 8192; // bytes
const OWN: Door = Door::Rust; // of a vote that names no door

/// Answers rockola.v1.Ballot's two calls.
#[derive(Clone)]
pub struct Rpc {
    pub ballot: Arc<Ballot>,
    pub ballots: Arc<Ballots>,
    pub waits: Waits,
    /// Ends every stream after the answer it waits for: one that lives long would keep a stop waiting.
    pub ended: CancellationToken,
}

/// The answers of a stream, made one by one as they are read.
pub type Receipts = Pin<Box<dyn Stream<Item = Result<pb::Receipts, Status>> + Send>>;

#[tonic::async_trait]
impl pb::ballot_server::Ballot for Rpc {
    type CastStream = Receipts;

    /// Answers each `Votes` message with one `Receipts` message.
    async fn cast(&self, request: Request<Streaming<pb::Votes>>) -> Result<Response<Receipts>, Status> {
        require_small(request.metadata())?;
        let session = Session { rpc: self.clone(), votes: request.into_inner() };
        let answers = stream::unfold(Some(session), |session: Option<Session>| async move {
            let mut session = session?;
            match unharmed(session.answer()).await {
                Ok(Some(receipts)) => Some((Ok(receipts), Some(session))),
                Ok(None) => None,
                Err(status) => Some((Err(status), None)),
            }
        });
        Ok(Response::new(Box::pin(answers)))
    }

    /// Answers a `Vote` with its `Receipt`.
    async fn cast_one(&self, request: Request<pb::Vote>) -> Result<Response<pb::Receipt>, Status> {
        require_small(request.metadata())?;
        let answer = timeout(self.waits.call, unharmed(self.receipt(request.into_inner()))).await;
        answer
            .map_err(|_| Status::deadline_exceeded("outcome unknown: try again, with the same id"))?
            .map(Response::new)
    }
}

impl Rpc {
    async fn receipt(&self, message: pb::Vote) -> Result<pb::Receipt, Status> {
        let vote = self.ballots.read(message).inspect_err(|fault| self.count([fault])).map_err(|fault| told(&fault))?;
        let places = self.ballot.cast(&[vote], OWN).await.map_err(|failure| unavailable(&failure))?;
        places.into_iter().next().map(|place| write_outcome(Ok(place))).ok_or_else(|| away("log"))
    }

    async fn receipts(&self, message: pb::Votes) -> Result<pb::Receipts, Status> {
        let door = self.ballots.door(message.door).map_err(|fault| told(&fault))?;
        if message.votes.len() > LARGEST_BATCH {
            return Err(Status::invalid_argument(format!("too_large: a message has at most {LARGEST_BATCH} votes")));
        }
        let read: Vec<Result<Vote, Fault>> = message.votes.into_iter().map(|vote| self.ballots.read(vote)).collect();
        self.count(read.iter().filter_map(|vote| vote.as_ref().err()));
        let mut refused = Vec::with_capacity(read.len());
        let mut votes = Vec::with_capacity(read.len());
        for vote in read {
            refused.push(vote.map(|vote| votes.push(vote)).err());
        }
        let places = match &votes[..] {
            [] => Vec::new(),
            votes => self.ballot.cast(votes, door.unwrap_or(OWN)).await.map_err(|one| unavailable(&one))?,
        };
        let mut places = places.into_iter();
        let receipt = |fault: Option<Fault>| match fault {
            Some(fault) => Ok(write_outcome(Err(fault))),
            None => places.next().map(|place| write_outcome(Ok(place))).ok_or_else(|| away("log")),
        };
        Ok(pb::Receipts { receipts: refused.into_iter().map(receipt).collect::<Result<_, _>>()? })
    }

    fn count<'a>(&self, faults: impl IntoIterator<Item = &'a Fault>) {
        self.ballot.count_refused(faults.into_iter().filter_map(|fault| match fault {
            Fault::Invalid(found) => Some(&**found),
            _ => None,
        }));
    }
}

/// A Cast stream.
struct Session {
    rpc: Rpc,
    votes: Streaming<pb::Votes>,
}

impl Session {
    /// The answer to its next message; None when there is none to come.
    async fn answer(&mut self) -> Result<Option<pb::Receipts>, Status> {
        let next = timeout(self.rpc.waits.silence, self.votes.message());
        let message = tokio::select! {
            biased;
            next = next => next.map_err(|_| away("stream"))?.map_err(sized)?,
            () = self.rpc.ended.cancelled() => return Err(away("stream")),
        };
        match message {
            Some(message) => self.rpc.receipts(message).await.map(Some),
            None => Ok(None),
        }
    }
}

/// What a call gives; one that breaks its reader fails alone.
async fn unharmed<T>(work: impl Future<Output = Result<T, Status>>) -> Result<T, Status> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|_| Err(away("server")))
}

/// The table of a vote's faults at this edge.
fn told(fault: &Fault) -> Status {
    let told = fault.told();
    match fault {
        Fault::Malformed { .. } => Status::invalid_argument(format!("{}: {}", told.code, told.reason)),
        Fault::Invalid(_) => {
            let mut status = Status::invalid_argument(format!("{}: {}: {}", told.code, told.field, told.reason));
            for (name, value) in [("rockola-code", told.code), ("rockola-field", told.field)] {
                if let Ok(value) = MetadataValue::try_from(value) {
                    status.metadata_mut().insert(name, value);
                }
            }
            status
        }
        Fault::NotSent | Fault::Unknown => away("server"),
    }
}

fn unavailable(failure: &Failure) -> Status {
    tracing::warn!(%failure, "append.failed");
    away("log")
}

/// The driver's word for a message that is too large, in ours.
fn sized(status: Status) -> Status {
    match status.code() {
        Code::OutOfRange => Status::resource_exhausted(status.message()),
        _ => status,
    }
}

fn require_small(metadata: &MetadataMap) -> Result<(), Status> {
    let bytes: usize = metadata.as_ref().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if bytes > LARGEST_METADATA {
        return Err(Status::resource_exhausted("at most 8 KB of metadata"));
    }
    Ok(())
}
