//! Why a vote gets no place: one enum, and one table of what a client is told.

use std::borrow::Cow;

/// A sentence or name: ours, or one that another server gave.
pub type Text = Cow<'static, str>;

pub const RATE_LIMITED: &str = "rate_limited";
const INVALID_FIELD: &str = "invalid_field";

/// Why a vote gets no place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The body is no vote at all; nothing was appended.
    Malformed { code: &'static str, reason: &'static str },
    /// A field breaks its rule; nothing was appended.
    Invalid(Box<Invalid>),
    /// The server is away, and it is certain that nothing was appended.
    NotSent,
    /// The vote may be in the log: whoever sends it again keeps its id.
    Unknown,
}

/// The field, empty when none can be named, and what to change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    pub code: Text,
    pub field: Text,
    pub reason: Text,
}

/// What a client is told of a fault.
#[derive(Debug, PartialEq, Eq)]
pub struct Told<'a> {
    pub status: u16,
    pub code: &'a str,
    pub field: &'a str,
    pub reason: &'a str,
}

impl Fault {
    /// A field that breaks its rule.
    pub fn field(field: &'static str, reason: impl Into<Text>) -> Self {
        Self::invalid(INVALID_FIELD, field, reason)
    }

    /// A vote that is refused under a code of its own.
    pub fn invalid(code: impl Into<Text>, field: impl Into<Text>, reason: impl Into<Text>) -> Self {
        Self::Invalid(Box::new(Invalid { code: code.into(), field: field.into(), reason: reason.into() }))
    }

    /// The table of faults at HTTP's edge.
    pub fn told(&self) -> Told<'_> {
        let (status, code, field, reason) = match self {
            Self::Malformed { code, reason } => (400, *code, "", *reason),
            Self::Invalid(found) => {
                let status = if found.code == RATE_LIMITED { 429 } else { 422 };
                (status, &*found.code, &*found.field, &*found.reason)
            }
            Self::NotSent => {
                (503, "unavailable", "", "the server is away and the vote was not taken in: send it again")
            }
            Self::Unknown => (503, "unknown", "", "the vote may have been taken in: send it again with the same id"),
        };
        Told { status, code, field, reason }
    }
}

/// The fault of a field unless its rule holds.
pub fn require(holds: bool, field: &'static str, reason: &'static str) -> Result<(), Fault> {
    if holds { Ok(()) } else { Err(Fault::field(field, reason)) }
}
