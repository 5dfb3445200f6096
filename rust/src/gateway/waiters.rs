//! Who waits for the outcome of votes: a request with one vote, or with a batch of them.

use std::cell::RefCell;
use std::rc::Rc;

use serde::Serialize;

use super::answers::{Reply, write_id};
use super::line::Ticket;
use crate::vote::codec::Outcome;
use crate::vote::error::Fault;
use crate::vote::place::Place;

/// Whoever waits for the outcome of a vote.
pub enum Waiter {
    /// A request with one vote.
    One(Ticket),
    /// A batch, and which of its votes it is.
    Tray(Rc<Tray>, usize),
}

impl Waiter {
    /// Told once.
    pub fn settle(self, id: String, outcome: Outcome) {
        match (self, outcome) {
            (Self::One(ticket), Ok(place)) => ticket.answer(Reply::Accepted { id, place }),
            (Self::One(ticket), Err(fault)) => ticket.answer(&fault),
            (Self::Tray(tray, index), outcome) => tray.settle(index, outcome.map(|place| (id, place))),
        }
    }
}

/// A request with a batch: what is known of its votes; answered when all are settled.
pub struct Tray(RefCell<Settled>);

struct Settled {
    ticket: Option<Ticket>,
    left: usize,
    outcomes: Vec<Option<Result<(String, Place), Fault>>>,
}

impl Tray {
    /// A batch of which some votes were refused already; None are those that are cast.
    pub fn new(ticket: Ticket, refused: Vec<Option<Fault>>) -> Rc<Self> {
        let outcomes: Vec<_> = refused.into_iter().map(|fault| fault.map(Err)).collect();
        let left = outcomes.iter().filter(|outcome| outcome.is_none()).count();
        let tray = Self(RefCell::new(Settled { ticket: Some(ticket), left, outcomes }));
        tray.answer_when_settled();
        Rc::new(tray)
    }

    fn settle(&self, index: usize, outcome: Result<(String, Place), Fault>) {
        let mut settled = self.0.borrow_mut();
        settled.outcomes[index] = Some(outcome);
        settled.left -= 1;
        drop(settled);
        self.answer_when_settled();
    }

    fn answer_when_settled(&self) {
        let mut settled = self.0.borrow_mut();
        if settled.left > 0 {
            return;
        }
        if let Some(ticket) = settled.ticket.take() {
            ticket.answer(reply(&settled.outcomes));
        }
    }
}

/// 202, 207, or 503 for the whole batch when a vote's outcome is not known.
fn reply(outcomes: &[Option<Result<(String, Place), Fault>>]) -> Reply {
    let outcomes = || outcomes.iter().flatten();
    let is_lost = |fault: &Fault| matches!(fault, Fault::NotSent | Fault::Unknown);
    let lost = outcomes().filter(|outcome| outcome.as_ref().is_err_and(is_lost)).count();
    if lost > 0 {
        let cast = outcomes().filter(|outcome| outcome.as_ref().map_or_else(is_lost, |_| true)).count();
        let unsent = outcomes().filter(|outcome| **outcome == Err(Fault::NotSent)).count();
        return Reply::from(if unsent == cast { &Fault::NotSent } else { &Fault::Unknown });
    }
    let mut body = b"{\"votes\":[".to_vec();
    for (number, outcome) in outcomes().enumerate() {
        if number > 0 {
            body.push(b',');
        }
        write_outcome(&mut body, outcome);
    }
    body.extend_from_slice(b"]}");
    Reply::json(if outcomes().all(Result::is_ok) { 202 } else { 207 }, &body)
}

/// What became of a vote that was refused.
#[derive(Serialize)]
struct Refused<'a> {
    status: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<&'a str>,
    code: &'a str,
    reason: &'a str,
}

fn write_outcome(out: &mut Vec<u8>, outcome: &Result<(String, Place), Fault>) {
    match outcome {
        Ok((id, place)) => {
            out.extend_from_slice(b"{\"status\":202,\"id\":");
            write_id(out, id);
            out.extend_from_slice(format!(",\"receipt\":\"{place}\"}}").as_bytes());
        }
        Err(fault) => {
            let told = fault.told();
            let field = matches!(fault, Fault::Invalid(_)).then_some(told.field);
            let refused = Refused { status: told.status, field, code: told.code, reason: told.reason };
            out.extend_from_slice(&serde_json::to_vec(&refused).unwrap_or_default());
        }
    }
}
