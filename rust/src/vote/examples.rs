//! The examples that both languages are held to: contract/examples.json.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::body::BodyReader;
use super::contest::Contest;
use super::error::Fault;
use super::model::{Door, Vote, read_rank, spell_rank};
use super::place::partition_of;
use super::record::encode_record;
use super::voter::Voters;

const EXAMPLES: &str = include_str!("../../../contract/examples.json");

const AT: u64 = 1_700_000_000_000; // of every record

#[derive(Deserialize)]
struct Examples {
    secret: String,
    accepted: Vec<Body>,
    refused: Vec<Body>,
    catalogue: Vec<Catalogue>,
    ranks: Vec<Rank>,
    partitions: Vec<Partition>,
    voters: Vec<Voter>,
}

#[derive(Deserialize)]
struct Body {
    name: String,
    body: Option<String>,
    body_hex: Option<String>,
    body_repeat: Option<(String, String, usize, String)>,
    idempotency_key: Option<String>,
    record: Option<String>,
    status: Option<u16>,
    code: Option<String>,
    field: Option<String>,
}

#[derive(Deserialize)]
struct Catalogue {
    contest: String,
    cases: Vec<Body>,
}

#[derive(Deserialize)]
struct Rank {
    text: String,
    hundredths: u32,
    spelled: String,
}

#[derive(Deserialize)]
struct Partition {
    key: String,
    crc32: u32,
    of: BTreeMap<String, u32>,
}

#[derive(Deserialize)]
struct Voter {
    secret: String,
    voter: String,
    digest: String,
}

fn examples() -> Examples {
    serde_json::from_str(EXAMPLES).unwrap()
}

impl Body {
    fn bytes(&self) -> Vec<u8> {
        if let Some((before, text, times, after)) = &self.body_repeat {
            return [before.as_str(), &text.repeat(*times), after].concat().into_bytes();
        }
        match &self.body_hex {
            Some(hex) => hex.as_bytes().chunks(2).map(unhex).collect(),
            None => self.body.clone().unwrap().into_bytes(),
        }
    }

    /// Reads it by the usual way and by the exact one, and compares both with what is wanted.
    fn check(&self, reader: &BodyReader) {
        let (body, key) = (self.bytes(), self.idempotency_key.as_deref());
        for found in [reader.read(&body, key), reader.read_exactly(&body, key)] {
            match &self.record {
                Some(record) => assert_eq!(written(&found), Ok(record.clone().into_bytes()), "{}", self.name),
                None => self.check_fault(&found.expect_err(&self.name)),
            }
        }
    }

    fn check_fault(&self, fault: &Fault) {
        let (told, field) = (fault.told(), self.field.as_deref().unwrap_or_default());
        let wanted = (self.status, self.code.as_deref(), field);
        assert_eq!((Some(told.status), Some(told.code), told.field), wanted, "{}", self.name);
    }
}

/// The record of what was read, as the examples have it.
fn written(found: &Result<Vote, Fault>) -> Result<Vec<u8>, Fault> {
    found.as_ref().map(|vote| encode_record(vote, Door::Grpc, AT)).map_err(Fault::clone)
}

fn unhex(pair: &[u8]) -> u8 {
    u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap()
}

#[test]
fn an_accepted_body_becomes_its_vote() {
    let examples = examples();
    let reader = BodyReader::new(examples.secret.as_bytes(), Contest::default());
    examples.accepted.iter().for_each(|body| body.check(&reader));
}

#[test]
fn a_refused_body_is_told_what_is_wrong() {
    let examples = examples();
    let reader = BodyReader::new(examples.secret.as_bytes(), Contest::default());
    examples.refused.iter().for_each(|body| body.check(&reader));
}

#[test]
fn a_catalogue_spells_its_candidates_and_refuses_others() {
    let examples = examples();
    for table in &examples.catalogue {
        let reader = BodyReader::new(examples.secret.as_bytes(), Contest::read(&table.contest).unwrap());
        table.cases.iter().for_each(|body| body.check(&reader));
    }
}

#[test]
fn a_rank_is_read_in_hundredths_and_spelled_as_short_as_can_be() {
    for Rank { text, hundredths, spelled } in examples().ranks {
        assert_eq!((read_rank(&text), spell_rank(hundredths)), (Ok(hundredths), spelled));
    }
}

#[test]
fn a_key_has_its_partition() {
    for Partition { key, crc32, of } in examples().partitions {
        assert_eq!(crc32fast::hash(key.as_bytes()), crc32);
        for (partitions, partition) in of {
            assert_eq!(partition_of(&key, partitions.parse().unwrap()), partition, "{key}");
        }
    }
}

#[test]
fn a_voter_has_its_digest() {
    for Voter { secret, voter, digest } in examples().voters {
        assert_eq!(Voters::new(secret.as_bytes()).digest(&voter), Ok(digest));
    }
}

#[test]
fn there_are_enough_examples() {
    let examples = examples();
    assert!(examples.accepted.len() >= 40 && examples.refused.len() >= 80 && examples.voters.len() >= 25);
}
