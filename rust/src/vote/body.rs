//! A vote as HTTP brings it: JSON read strictly, with the code and field of whatever is wrong.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;

use super::contest::Contest;
use super::error::Fault;
use super::json::{Value, fields_of};
use super::model::{Vote, check_id, read_rank, read_year};
use super::text::canonical;
use super::voter::Voters;

pub const LARGEST_VOTE: usize = 4096; // bytes
pub const LARGEST_BATCH: usize = 1000; // votes
pub const LARGEST_BATCH_BODY: usize = 262_144; // bytes
const FIELDS: [&str; 6] = ["name", "album", "year", "rank", "id", "voter"];
const NEEDED: usize = 4; // of FIELDS, the first
const NOT_TEXT: &str = "must be a text";

/// Reads bodies for one contest; voters leave as digests.
pub struct BodyReader {
    voters: Voters,
    contest: Contest,
}

/// A vote's usual form. Year and rank stay as written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Usual<'a> {
    #[serde(borrow)]
    name: Cow<'a, str>,
    #[serde(borrow)]
    album: Cow<'a, str>,
    #[serde(borrow)]
    year: &'a RawValue,
    #[serde(borrow)]
    rank: &'a RawValue,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    voter: Option<Cow<'a, str>>,
}

/// A text that is there: null is none.
fn present<'de: 'a, 'a, D: Deserializer<'de>>(from: D) -> Result<Option<Cow<'a, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Text::deserialize(from).map(|text| Some(text.0))
}

impl BodyReader {
    pub fn new(secret: &[u8], contest: Contest) -> Self {
        Self { voters: Voters::new(secret), contest }
    }

    /// The vote of a body and its Idempotency-Key header.
    pub fn read(&self, body: &[u8], key: Option<&str>) -> Result<Vote, Fault> {
        match usual(body) {
            Some((found, year, rank)) => {
                require_agreement(found.id.as_deref(), key)?;
                let (name, album) = (canonical("name", &found.name)?, canonical("album", &found.album)?);
                let id = agreed_id(found.id.as_deref(), key)?;
                let voter = self.digest(found.voter.as_deref())?;
                self.contest.spelled(Vote { name, album, year, rank, id, voter })
            }
            None => self.read_exactly(body, key),
        }
    }

    /// The same by a slow path that names what is wrong first, in the order of FIELDS.
    pub fn read_exactly(&self, body: &[u8], key: Option<&str>) -> Result<Vote, Fault> {
        let fields = fields_of(body)?;
        let found = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value);
        match found("id") {
            Some(Value::Text(own) | Value::Number(own)) => require_agreement(Some(own), key)?,
            Some(Value::Other) => require_agreement(Some(""), key.filter(|key| !key.is_empty()))?,
            None => {}
        }
        if fields.iter().any(|(key, _)| !FIELDS.contains(&key.as_str())) {
            return Err(Fault::invalid("unknown_field", "", "there is a field that a vote does not have"));
        }
        if let Some(missing) = FIELDS[..NEEDED].iter().find(|field| found(field).is_none()) {
            return Err(Fault::invalid("missing_field", *missing, "is missing"));
        }
        let name = canonical("name", text("name", found("name"))?.unwrap_or_default())?;
        let album = canonical("album", text("album", found("album"))?.unwrap_or_default())?;
        let (year, rank) = (read_year(written(found("year")))?, read_rank(written(found("rank")))?);
        let id = agreed_id(text("id", found("id"))?, key)?;
        let voter = self.digest(text("voter", found("voter"))?)?;
        self.contest.spelled(Vote { name, album, year, rank, id, voter })
    }

    fn digest(&self, voter: Option<&str>) -> Result<String, Fault> {
        voter.map_or_else(|| Ok(String::new()), |voter| self.voters.digest(voter))
    }
}

/// A body in the usual form, its year and its rank; None when it is not, whatever is wrong.
fn usual(body: &[u8]) -> Option<(Usual<'_>, u32, u32)> {
    if body.first() != Some(&b'{') {
        return None; // an array would pass as the fields in their order
    }
    let found: Usual = serde_json::from_slice(body).ok()?;
    let (year, rank) = (unquoted(found.year.get()), unquoted(found.rank.get()));
    let (year, rank) = (read_year(year).ok()?, read_rank(rank).ok()?);
    Some((found, year, rank))
}

fn unquoted(raw: &str) -> &str {
    raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(raw)
}

/// What a text or number says; nothing else says anything.
fn written(value: Option<&Value>) -> &str {
    match value {
        Some(Value::Text(text) | Value::Number(text)) => text,
        _ => "",
    }
}

/// A field that must be a text when it is there.
fn text<'a>(field: &'static str, value: Option<&'a Value>) -> Result<Option<&'a str>, Fault> {
    match value {
        None => Ok(None),
        Some(Value::Text(text)) => Ok(Some(text)),
        Some(_) => Err(Fault::field(field, NOT_TEXT)),
    }
}

/// Refuses an id that differs from the Idempotency-Key header.
fn require_agreement(own: Option<&str>, key: Option<&str>) -> Result<(), Fault> {
    match (own, key) {
        (Some(own), Some(key)) if own != key => {
            Err(Fault::Malformed { code: "id_mismatch", reason: "id and the Idempotency-Key header differ" })
        }
        _ => Ok(()),
    }
}

/// The one id that field or header gives, empty when neither does.
fn agreed_id(own: Option<&str>, key: Option<&str>) -> Result<String, Fault> {
    let Some(chosen) = key.or(own) else {
        return Ok(String::new());
    };
    check_id(chosen)?;
    Ok(chosen.to_owned())
}

/// The elements of a JSON array, each as written.
pub fn split_array(body: &[u8]) -> Result<Vec<&[u8]>, Fault> {
    let elements: Vec<&RawValue> = serde_json::from_slice(body)
        .map_err(|_| Fault::Malformed { code: "malformed", reason: "the body is not a JSON array" })?;
    Ok(elements.into_iter().map(|element| element.get().as_bytes()).collect())
}

/// The lines of an NDJSON body that are not blank.
pub fn split_lines(body: &[u8]) -> Vec<&[u8]> {
    let blank = |line: &&[u8]| !line.iter().all(|byte| byte.is_ascii_whitespace() || *byte == 0x0b);
    body.split(|byte| *byte == b'\n').filter(blank).collect()
}
