//! The contest's rules that a door applies: the catalogue of candidates, when there is one.

use std::collections::HashMap;

use caseless::default_case_fold_str;
use toml::{Table, Value};

use super::error::Fault;
use super::model::Vote;
use super::text::canonical;

/// A band and an album.
type Candidate = (String, String);

/// `catalogue` maps the case-folded candidate to its spelling; without one any band may be voted for.
#[derive(Debug, Default)]
pub struct Contest {
    catalogue: Option<HashMap<Candidate, Candidate>>,
}

impl Contest {
    /// The contest a TOML text describes; the error says which key is wrong.
    pub fn read(text: &str) -> Result<Self, String> {
        let table: Table = text.parse().map_err(|error| format!("the contest file is not TOML: {error}"))?;
        let known = ["title", "zone", "results", "votes_per_voter", "candidates"];
        if let Some(key) = table.keys().filter(|key| !known.contains(&key.as_str())).min() {
            return Err(format!("the contest file has an unknown key: {key}"));
        }
        check_title(table.get("title"))?;
        check_shown(&table)?;
        check_limit(table.get("votes_per_voter"))?;
        let catalogue = table.get("candidates").map(read_catalogue).transpose()?;
        Ok(Self { catalogue })
    }

    /// The vote with its candidate spelled as in the catalogue; a fault when it is not in it.
    pub fn spelled(&self, vote: Vote) -> Result<Vote, Fault> {
        let Some(catalogue) = &self.catalogue else {
            return Ok(vote);
        };
        match catalogue.get(&folded(&vote.name, &vote.album)).cloned() {
            Some((name, album)) => Ok(Vote { name, album, ..vote }),
            None => {
                Err(Fault::invalid("not_in_catalogue", "album", "is not in this contest's catalogue under that band"))
            }
        }
    }
}

/// The candidate without its capitals, to look it up by.
fn folded(name: &str, album: &str) -> Candidate {
    (default_case_fold_str(name), default_case_fold_str(album))
}

fn check_title(title: Option<&Value>) -> Result<(), String> {
    match title {
        None => Ok(()),
        Some(Value::String(text)) if text.chars().count() <= 200 => Ok(()),
        Some(_) => Err("title must be a text of at most 200 characters".into()),
    }
}

/// What decides how the pages show a contest, as far as a door can tell.
fn check_shown(table: &Table) -> Result<(), String> {
    if !matches!(table.get("zone"), None | Some(Value::String(_))) {
        return Err("zone must be a time zone, as America/Guatemala".into());
    }
    match table.get("results").map(Value::as_str) {
        None | Some(Some("public" | "blind" | "organiser")) => Ok(()),
        Some(_) => Err("results must be one of public, blind, organiser".into()),
    }
}

fn check_limit(limit: Option<&Value>) -> Result<(), String> {
    match limit {
        None | Some(Value::Integer(1..=1_000_000)) => Ok(()),
        Some(_) => Err("votes_per_voter must be a whole number from 1 to 1000000".into()),
    }
}

fn read_catalogue(rows: &Value) -> Result<HashMap<Candidate, Candidate>, String> {
    let rows = rows.as_array().filter(|rows| !rows.is_empty());
    let rows = rows.ok_or("candidates must be tables [[candidates]] with name and album")?;
    let mut catalogue = HashMap::new();
    for (number, row) in (1..).zip(rows) {
        let (name, album) = read_candidate(row, number)?;
        if catalogue.insert(folded(&name, &album), (name, album)).is_some() {
            return Err(format!("candidate {number} is there twice"));
        }
    }
    Ok(catalogue)
}

fn read_candidate(row: &Value, number: usize) -> Result<Candidate, String> {
    let text = |key: &str| row.as_table().and_then(|table| table.get(key)).and_then(Value::as_str);
    let fields = row.as_table().map_or(0, Table::len);
    let (Some(name), Some(album), 2) = (text("name"), text("album"), fields) else {
        return Err(format!("candidate {number} must have a name and an album, both texts, and nothing else"));
    };
    let spelled = |field, text| {
        canonical(field, text).map_err(|fault| {
            let told = fault.told();
            format!("candidate {number}: {}: {}", told.field, told.reason)
        })
    };
    Ok((spelled("name", name)?, spelled("album", album)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_cannot_be_followed_says_which_key_is_wrong() {
        let wrong = [
            ("x = 1", "unknown key: x"),
            ("title = 1", "title must be"),
            ("zone = 1", "zone must be"),
            ("results = \"hidden\"", "results must be one of"),
            ("votes_per_voter = 0", "votes_per_voter must be"),
            ("candidates = []", "candidates must be"),
            ("[[candidates]]\nname = \"A\"", "candidate 1 must have"),
            ("[[candidates]]\nname = \"\"\nalbum = \"B\"", "candidate 1: name: must have"),
            ("=", "is not TOML"),
        ];
        for (text, sentence) in wrong {
            let error = Contest::read(text).expect_err(text);
            assert!(error.contains(sentence), "{error}");
        }
    }

    #[test]
    fn a_candidate_that_differs_in_its_capitals_alone_is_there_twice() {
        let row = |name: &str| format!("[[candidates]]\nname = \"{name}\"\nalbum = \"B\"\n");
        let error = Contest::read(&(row("Straße") + &row("STRASSE"))).expect_err("twice");
        assert_eq!(error, "candidate 2 is there twice");
    }
}
