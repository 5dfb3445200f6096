//! The booth: where a request becomes votes, or learns what is wrong with it.

use std::cell::Cell;
use std::collections::HashSet;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::answers::Fixed;
use super::batching::Batcher;
use super::framing::Request;
use super::head::Head;
use super::heads::{Media, batch_objection, host_name, latin1, media_of, objection};
use super::limits::Quota;
use super::line::Ticket;
use super::waiters::{Tray, Waiter};
use crate::failpoints::failpoint;
use crate::vote::body::{BodyReader, LARGEST_BATCH_BODY, LARGEST_VOTE, split_array, split_lines};
use crate::vote::error::{Fault, RATE_LIMITED};
use crate::vote::model::Vote;

const ONE: &str = "/rust";
const ONE_TOO: &str = "/rust/";
const BATCH: &str = "/rust/votes";

/// Reads votes and hands them on; `closed` refuses those that come while the gateway drains.
pub struct Booth {
    pub reader: Arc<BodyReader>,
    pub batcher: Batcher,
    pub quota: Quota,
    /// Names to answer for; none answers for any.
    pub hosts: HashSet<String>,
    /// Whether the server would take a vote.
    pub ready: Arc<AtomicBool>,
    pub closed: Cell<bool>,
}

/// Bytes a body may have, by path.
pub fn room_of(path: &str) -> usize {
    if path == BATCH { LARGEST_BATCH_BODY } else { LARGEST_VOTE }
}

/// Host names, by commas.
pub fn read_hosts(text: &str) -> HashSet<String> {
    let names = text.split(',').map(|name| name.trim().to_ascii_lowercase());
    names.filter(|name| !name.is_empty()).collect()
}

impl Booth {
    /// Answers a request, or sees to it that somebody will.
    pub fn take(&self, request: Request<'_>, ticket: Ticket) {
        let head = &request.head;
        if let Some(refusal) = self.misdirection(head.host) {
            return ticket.answer(refusal);
        }
        match (head.path(), head.method) {
            (ONE | ONE_TOO, "POST") => self.take_one(&request, ticket),
            (BATCH, "POST") => self.take_batch(&request, ticket),
            ("/healthz", "GET" | "HEAD") => ticket.answer(Fixed::Live),
            ("/readyz", "GET" | "HEAD") => ticket.answer(self.readiness()),
            (ONE | ONE_TOO | BATCH, _) => ticket.answer(Fixed::OnlyPost),
            ("/healthz" | "/readyz", _) => ticket.answer(Fixed::OnlyGet),
            _ => ticket.answer(Fixed::NotFound),
        }
    }

    /// Whether an address stands for many clients.
    pub fn shares(&self, address: IpAddr) -> bool {
        self.quota.shares(address)
    }

    /// Votes without an outcome.
    pub fn held(&self) -> usize {
        self.batcher.held()
    }

    fn readiness(&self) -> Fixed {
        match (self.closed.get(), self.ready.load(Ordering::Relaxed)) {
            (true, _) => Fixed::Draining,
            (_, true) => Fixed::Ready,
            _ => Fixed::Away,
        }
    }

    /// One vote as a JSON object.
    fn take_one(&self, request: &Request<'_>, ticket: Ticket) {
        let refusal = objection(&request.head, &[Media::Json]);
        if let Some(refusal) = refusal.or_else(|| self.closing(&request.head, &ticket, 1)) {
            return ticket.answer(refusal);
        }
        let key = request.head.key.map(latin1);
        match self.read(request.body, key.as_deref()) {
            Err(fault) => ticket.answer(&fault),
            Ok(vote) if !self.quota.hears(&vote) => ticket.answer(Fixed::OfVoter),
            Ok(vote) => self.batcher.put(vote, Waiter::One(ticket)),
        }
    }

    /// Votes as a JSON array, or as lines of JSON; those that are right are cast whatever the others are.
    fn take_batch(&self, request: &Request<'_>, ticket: Ticket) {
        let bodies = match split(request) {
            Ok(bodies) => bodies,
            Err(fault) => return ticket.answer(&fault),
        };
        let refusal = batch_objection(&request.head, bodies.len());
        if let Some(refusal) = refusal.or_else(|| self.closing(&request.head, &ticket, bodies.len())) {
            return ticket.answer(refusal);
        }
        let (votes, refused): (Vec<_>, Vec<_>) = bodies
            .into_iter()
            .map(|body| match self.read_heard(body) {
                Ok(vote) => (Some(vote), None),
                Err(fault) => (None, Some(fault)),
            })
            .unzip();
        let tray = Tray::new(ticket, refused);
        for (index, vote) in votes.into_iter().enumerate() {
            if let Some(vote) = vote {
                self.batcher.put(vote, Waiter::Tray(tray.clone(), index));
            }
        }
    }

    /// The answer for votes that cannot be taken now.
    fn closing(&self, head: &Head<'_>, ticket: &Ticket, votes: usize) -> Option<Fixed> {
        if self.closed.get() {
            return Some(Fixed::Draining);
        }
        if !self.batcher.has_room(votes) {
            return Some(Fixed::Busy);
        }
        let admitted = self.quota.admits(ticket.address(), &head.forwarded, votes);
        (!admitted).then_some(Fixed::OfAddress)
    }

    fn read(&self, body: &[u8], key: Option<&str>) -> Result<Vote, Fault> {
        failpoint("gateway.read").map_err(|_| Fault::NotSent)?;
        self.reader.read(body, key)
    }

    fn read_heard(&self, body: &[u8]) -> Result<Vote, Fault> {
        let vote = self.read(body, None)?;
        if self.quota.hears(&vote) {
            return Ok(vote);
        }
        Err(Fault::invalid(RATE_LIMITED, "voter", "sent more votes a second than a voter may"))
    }

    /// The answer for a Host that is none, or not one of ours.
    fn misdirection(&self, host: &[u8]) -> Option<Fixed> {
        let Some(name) = host_name(host) else {
            return Some(Fixed::Host);
        };
        let ours = self.hosts.is_empty() || self.hosts.contains(&name.to_ascii_lowercase());
        (!ours).then_some(Fixed::Misdirected)
    }
}

/// The votes of a batch, unread; none when the head refuses it anyway.
fn split<'a>(request: &Request<'a>) -> Result<Vec<&'a [u8]>, Fault> {
    match media_of(request.head.content_type) {
        None => Ok(Vec::new()),
        Some(Media::Lines) => Ok(split_lines(request.body)),
        Some(Media::Json) => split_array(request.body),
    }
}
