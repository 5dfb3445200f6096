//! A vote as it lies in the log: compact JSON, keys in fixed order, absent when empty, rank as the shortest decimal.

use std::io::Write;

use super::model::{Door, Vote, spell_rank};

const ROOM: usize = 256; // bytes of most records

/// The record's bytes; `at` is the server's receive time in Unix milliseconds, shown, never decisive.
pub fn encode_record(vote: &Vote, door: Door, at: u64) -> Vec<u8> {
    let mut out = Vec::with_capacity(ROOM);
    text(&mut out, b"{\"name\":\"", &vote.name);
    text(&mut out, b",\"album\":\"", &vote.album);
    let _ = write!(out, ",\"year\":{},\"rank\":{}", vote.year, spell_rank(vote.rank)); // memory takes everything
    if !vote.id.is_empty() {
        text(&mut out, b",\"id\":\"", &vote.id);
    }
    if !vote.voter.is_empty() {
        text(&mut out, b",\"voter\":\"", &vote.voter);
    }
    let _ = write!(out, ",\"door\":\"{}\",\"at\":{at}}}", door.name());
    out
}

/// A key and its text; a vote's rules leave two signs to escape.
fn text(out: &mut Vec<u8>, key: &[u8], text: &str) {
    out.extend_from_slice(key);
    for byte in text.bytes() {
        if matches!(byte, b'"' | b'\\') {
            out.push(b'\\');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vote(name: &str, id: &str, voter: &str) -> Vote {
        let (album, id, voter) = ("Mis palabras".to_owned(), id.to_owned(), voter.to_owned());
        Vote { name: name.to_owned(), album, year: 1997, rank: 950, id, voter }
    }

    #[test]
    fn keys_stand_in_their_order_and_are_absent_when_empty() {
        let record = encode_record(&vote("Ana", "", ""), Door::Rust, 7);
        let wanted = r#"{"name":"Ana","album":"Mis palabras","year":1997,"rank":9.5,"door":"rust","at":7}"#;
        assert_eq!(String::from_utf8(record).unwrap(), wanted);
    }

    #[test]
    fn every_record_is_json_of_its_vote() {
        let record = encode_record(&vote("\"A\\ñ/🎸\"", "vote-0001", "d1"), Door::Grpc, 1);
        let read: serde_json::Value = serde_json::from_slice(&record).unwrap();
        let got = ["name", "id", "voter", "door"].map(|key| read[key].as_str().unwrap().to_owned());
        assert_eq!(got, ["\"A\\ñ/🎸\"", "vote-0001", "d1", "grpc"].map(str::to_owned));
    }
}
