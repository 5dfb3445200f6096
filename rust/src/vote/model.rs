//! A vote: right by construction, passed on, never changed.

use super::error::{Fault, require};
use super::text::canonical;
use super::voter::is_digest;

/// A vote as it is counted. `rank` in hundredths; `voter` a digest; `id` and `voter` empty when absent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub name: String,
    pub album: String,
    pub year: u32,
    pub rank: u32,
    pub id: String,
    pub voter: String,
}

impl Vote {
    /// The vote of these fields, band and album in their one spelling; the fault names the first that breaks its rule.
    pub fn checked(self) -> Result<Self, Fault> {
        let (name, album) = (canonical("name", &self.name)?, canonical("album", &self.album)?);
        require((1900..=2100).contains(&self.year), "year", YEAR)?;
        require(self.rank <= 1000, "rank", RANK)?;
        if !self.id.is_empty() {
            check_id(&self.id)?;
        }
        let known = self.voter.is_empty() || is_digest(&self.voter);
        require(known, "voter", "must be a digest of 32 hexadecimal digits")?;
        Ok(Self { name, album, ..self })
    }

    /// What decides the partition: all votes of a voter, or all repeats of an id, meet in one. Empty when there is none.
    pub fn key(&self) -> &str {
        if self.voter.is_empty() { &self.id } else { &self.voter }
    }
}

const YEAR: &str = "must be a year from 1900 to 2100";
const RANK: &str = "must be 0 to 10 with at most two decimals";

/// Refuses an id that could not be sent in a header or typed back.
pub fn check_id(text: &str) -> Result<(), Fault> {
    let signs = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    let right = (8..=128).contains(&text.len()) && text.bytes().all(signs);
    require(right, "id", "must have 8 to 128 of A-Z a-z 0-9 _ . : -")
}

/// The year that these digits are.
pub fn read_year(text: &str) -> Result<u32, Fault> {
    let plain = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    let year = if plain { text.parse().ok() } else { None };
    year.filter(|year| (1900..=2100).contains(year)).ok_or_else(|| Fault::field("year", YEAR))
}

/// The rank, in hundredths, that this text spells: `5`, `5.2` and `5.20` are, `05`, `5.` and `5e0` are not.
pub fn read_rank(text: &str) -> Result<u32, Fault> {
    hundredths(text.as_bytes()).ok_or_else(|| Fault::field("rank", RANK))
}

fn hundredths(text: &[u8]) -> Option<u32> {
    let digit = |byte: &u8| byte.is_ascii_digit().then(|| u32::from(byte - b'0'));
    let (whole, rest) = match text {
        [b'1', b'0', rest @ ..] => (10, rest),
        [one, rest @ ..] => (digit(one)?, rest),
        [] => return None,
    };
    let part = match rest {
        [] => 0,
        [b'.', tenths] => digit(tenths)? * 10,
        [b'.', tenths, hundredths] => digit(tenths)? * 10 + digit(hundredths)?,
        _ => return None,
    };
    Some(whole * 100 + part).filter(|rank| *rank <= 1000)
}

/// Hundredths as the shortest decimal: 520 is 5.2, 500 is 5.
pub fn spell_rank(rank: u32) -> String {
    match (rank / 100, rank % 100) {
        (whole, 0) => format!("{whole}"),
        (whole, part) if part % 10 == 0 => format!("{whole}.{}", part / 10),
        (whole, part) => format!("{whole}.{part:02}"),
    }
}

/// The service a vote came in by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Door {
    Grpc,
    Rust,
}

impl Door {
    /// Its name in the log.
    pub fn name(self) -> &'static str {
        match self {
            Self::Grpc => "grpc",
            Self::Rust => "rust",
        }
    }
}
