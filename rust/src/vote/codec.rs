//! A vote as rockola.v1 has it (protobuf): the way between a gateway and a server.

use super::contest::Contest;
use super::error::{Fault, require};
use super::model::{Door, Vote};
use super::place::Place;
use super::voter::Voters;
use crate::pb;

/// What became of a vote.
pub type Outcome = Result<Place, Fault>;

/// Reads rockola.v1; checks every field again, digests voters, spells candidates as the contest does.
pub struct Ballots {
    voters: Voters,
    contest: Contest,
}

impl Ballots {
    pub fn new(secret: &[u8], contest: Contest) -> Self {
        Self { voters: Voters::new(secret), contest }
    }

    /// The vote of a message; a fault names its field.
    pub fn read(&self, message: pb::Vote) -> Result<Vote, Fault> {
        let both = !message.voter.is_empty() && !message.voter_digest.is_empty();
        require(!both, "voter_digest", "must be empty when voter is given")?;
        let voter = if message.voter.is_empty() { message.voter_digest } else { self.voters.digest(&message.voter)? };
        let pb::Vote { name, album, year, rank, id, .. } = message;
        self.contest.spelled(Vote { name, album, year, rank, id, voter }.checked()?)
    }

    /// The door of a `Votes` message; None is the server's own.
    pub fn door(&self, number: i32) -> Result<Option<Door>, Fault> {
        match pb::Door::try_from(number) {
            Ok(pb::Door::Unspecified) => Ok(None),
            Ok(pb::Door::Grpc) => Ok(Some(Door::Grpc)),
            Ok(pb::Door::Rust) => Ok(Some(Door::Rust)),
            Err(_) => Err(Fault::Malformed { code: "malformed", reason: "the door is unknown" }),
        }
    }
}

/// The message of a checked vote.
pub fn write_vote(vote: Vote) -> pb::Vote {
    let Vote { name, album, year, rank, id, voter } = vote;
    pb::Vote { name, album, year, rank, id, voter: String::new(), voter_digest: voter }
}

/// The receipt of an outcome that is known.
pub fn write_outcome(outcome: Outcome) -> pb::Receipt {
    let outcome = match outcome {
        Ok(place) => pb::receipt::Outcome::Place(pb::Place {
            generation: place.generation.as_ref().to_owned(),
            partition: place.partition,
            offset: place.offset,
        }),
        Err(fault) => {
            let told = fault.told();
            pb::receipt::Outcome::Refusal(pb::Refusal {
                code: told.code.to_owned(),
                field: told.field.to_owned(),
                reason: told.reason.to_owned(),
            })
        }
    };
    pb::Receipt { outcome: Some(outcome) }
}

/// The outcome of a receipt; one that is neither a place nor a refusal leaves it unknown.
pub fn read_outcome(receipt: pb::Receipt) -> Outcome {
    match receipt.outcome {
        Some(pb::receipt::Outcome::Place(pb::Place { generation, partition, offset })) => {
            Ok(Place { generation: generation.into(), partition, offset })
        }
        Some(pb::receipt::Outcome::Refusal(pb::Refusal { code, field, reason })) => {
            Err(Fault::invalid(code, field, reason))
        }
        None => Err(Fault::Unknown),
    }
}
