//! The bytes of HTTP answers; an error is a problem (RFC 9457) that says what to change and echoes nothing.

use std::io::Write;
use std::sync::LazyLock;

use serde::Serialize;

use crate::vote::error::{Fault, Told};
use crate::vote::place::Place;

pub const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";
const JSON: &str = "application/json";
const PROBLEM: &str = "application/problem+json";
const RETRY: &str = "Retry-After: 1\r\n";
const ACCEPTED: &[u8] = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\nContent-Length: ";
const CLOSE: &[u8] = b"Connection: close\r\n";
const LINE_END: &[u8] = b"\r\n";

/// What a request is answered with.
pub enum Reply {
    /// Always the same bytes.
    Fixed(Fixed),
    /// A vote that is in the log; its id is empty when it has none.
    Accepted { id: String, place: Place },
    /// A status and all bytes.
    Other(u16, Vec<u8>),
}

macro_rules! fixed {
    ($($name:ident: $answer:expr,)*) => {
        /// An answer that is always the same.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Fixed { $($name),* }

        static WRITTEN: LazyLock<Vec<(u16, Vec<u8>)>> = LazyLock::new(|| vec![$($answer),*]);
    };
}

fixed! {
    Live: answer(200, JSON, "", br#"{"status":"ok"}"#),
    Ready: answer(200, JSON, "", br#"{"status":"ready"}"#),
    Malformed: problem(400, "bad_request", "", "this is not HTTP/1.1 as RFC 9112 has it"),
    Host: problem(400, "bad_host", "", "there must be one Host header, and it must be a host"),
    Repeated: problem(400, "repeated_header", "", "a header that may be there once is there twice"),
    Keyed: problem(400, "keyed_batch", "", "each vote of a batch carries its own id: leave Idempotency-Key out"),
    NotFound: problem(404, "not_found", "", ""),
    OnlyPost: problem_with(405, "method_not_allowed", "", "", "Allow: POST\r\n"),
    OnlyGet: problem_with(405, "method_not_allowed", "", "", "Allow: GET, HEAD\r\n"),
    Late: problem(408, "too_slow", "", "the request did not arrive in time"),
    Length: problem(411, "length_required", "", "Content-Length is missing"),
    Large: problem(413, "too_large", "", "the body is longer than this route takes"),
    Crowded: problem(413, "too_large", "", "a batch has at most 1000 votes"),
    LongTarget: problem(414, "target_too_long", "", ""),
    Media: problem(415, "media_type", "", "the body must be application/json in UTF-8, not compressed"),
    Expectation: problem(417, "expectation", "", "100-continue is the only expectation"),
    Misdirected: problem(421, "misdirected", "", "this gateway does not answer for that host"),
    Empty: problem(422, "empty", "", "there is no vote in the batch"),
    OfAddress: later(429, "rate_limited", "", "this address sends more votes a second than it may"),
    OfVoter: later(429, "rate_limited", "voter", "sent more votes a second than a voter may"),
    Limited: later(429, "too_many_connections", "", "this address holds as many connections as it may"),
    Headers: problem(431, "headers_too_large", "", "at most 64 headers and 16 KB of them"),
    Full: later(503, "busy", "", "as many connections as can be held"),
    Busy: later(503, "busy", "", "the vote was not taken in: send it again"),
    Draining: later(503, "draining", "", "this gateway is stopping: send the vote again"),
    Away: of_fault(&Fault::NotSent),
    Unknown: of_fault(&Fault::Unknown),
    Version: problem(505, "http_version", "", ""),
}

impl From<Fixed> for Reply {
    fn from(fixed: Fixed) -> Self {
        Self::Fixed(fixed)
    }
}

impl From<&Fault> for Reply {
    fn from(fault: &Fault) -> Self {
        match fault {
            Fault::NotSent => Fixed::Away.into(),
            Fault::Unknown => Fixed::Unknown.into(),
            _ => {
                let Told { status, code, field, reason } = fault.told();
                let (_, bytes) = problem(status, code, field, reason);
                Self::Other(status, bytes)
            }
        }
    }
}

impl Reply {
    /// An answer in JSON.
    pub fn json(status: u16, body: &[u8]) -> Self {
        let (status, bytes) = answer(status, JSON, "", body);
        Self::Other(status, bytes)
    }

    pub fn status(&self) -> u16 {
        match self {
            Self::Fixed(fixed) => WRITTEN[*fixed as usize].0,
            Self::Accepted { .. } => 202,
            Self::Other(status, _) => *status,
        }
    }

    /// Appends its bytes; the last of a connection says that it is, and HEAD gets no body.
    pub fn write(&self, out: &mut Vec<u8>, last: bool, bare: bool) {
        let begin = out.len();
        match self {
            Self::Fixed(fixed) => out.extend_from_slice(&WRITTEN[*fixed as usize].1),
            Self::Accepted { id, place } => write_accepted(out, id, place),
            Self::Other(_, bytes) => out.extend_from_slice(bytes),
        }
        if bare && let Some(end) = memchr::memmem::find(&out[begin..], b"\r\n\r\n") {
            out.truncate(begin + end + 4);
        }
        if last && let Some(end) = memchr::memmem::find(&out[begin..], LINE_END) {
            let at = begin + end + LINE_END.len();
            out.splice(at..at, CLOSE.iter().copied());
        }
    }
}

/// By hand, for it is the answer that matters.
fn write_accepted(out: &mut Vec<u8>, id: &str, place: &Place) {
    let (mut number, mut another) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (partition, offset) = (number.format(place.partition), another.format(place.offset));
    let spelled = if id.is_empty() { "null".len() } else { id.len() + 2 };
    let receipt = place.generation.len() + partition.len() + offset.len() + 2;
    let size = r#"{"id":,"receipt":""}"#.len() + spelled + receipt;
    out.extend_from_slice(ACCEPTED);
    out.extend_from_slice(itoa::Buffer::new().format(size).as_bytes());
    out.extend_from_slice(b"\r\n\r\n{\"id\":");
    write_id(out, id);
    for part in [",\"receipt\":\"", &place.generation, ".", partition, ".", offset, "\"}"] {
        out.extend_from_slice(part.as_bytes());
    }
}

/// JSON of a vote's id; its rule leaves nothing to escape.
pub fn write_id(out: &mut Vec<u8>, id: &str) {
    let parts = if id.is_empty() { ["", "null", ""] } else { ["\"", id, "\""] };
    parts.iter().for_each(|part| out.extend_from_slice(part.as_bytes()));
}

/// The table of faults, as an answer that is always the same.
fn of_fault(fault: &Fault) -> (u16, Vec<u8>) {
    let Told { status, code, field, reason } = fault.told();
    later(status, code, field, reason)
}

/// The members of a problem, in this order; those that are empty are left out.
#[derive(Serialize)]
struct Problem<'a> {
    r#type: &'a str,
    title: &'a str,
    status: u16,
    code: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    field: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    detail: &'a str,
}

fn problem(status: u16, code: &str, field: &str, detail: &str) -> (u16, Vec<u8>) {
    problem_with(status, code, field, detail, "")
}

fn later(status: u16, code: &str, field: &str, detail: &str) -> (u16, Vec<u8>) {
    problem_with(status, code, field, detail, RETRY)
}

fn problem_with(status: u16, code: &str, field: &str, detail: &str, headers: &str) -> (u16, Vec<u8>) {
    let told = Problem { r#type: "about:blank", title: phrase(status), status, code, field, detail };
    answer(status, PROBLEM, headers, &serde_json::to_vec(&told).unwrap_or_default())
}

fn answer(status: u16, media: &str, headers: &str, body: &[u8]) -> (u16, Vec<u8>) {
    let (mut bytes, phrase, size) = (Vec::with_capacity(body.len() + 160), phrase(status), body.len());
    let head =
        format_args!("HTTP/1.1 {status} {phrase}\r\nContent-Type: {media}\r\nContent-Length: {size}\r\n{headers}\r\n");
    let _ = bytes.write_fmt(head); // memory takes everything
    bytes.extend_from_slice(body);
    (status, bytes)
}

fn phrase(status: u16) -> &'static str {
    match status {
        200 => "OK",
        202 => "Accepted",
        207 => "Multi-Status",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        411 => "Length Required",
        413 => "Request Entity Too Large",
        414 => "Request-URI Too Long",
        415 => "Unsupported Media Type",
        417 => "Expectation Failed",
        421 => "Misdirected Request",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        503 => "Service Unavailable",
        505 => "HTTP Version Not Supported",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(reply: &Reply, last: bool, bare: bool) -> String {
        let mut out = Vec::new();
        reply.write(&mut out, last, bare);
        String::from_utf8(out).unwrap_or_default()
    }

    #[test]
    fn an_accepted_vote_has_its_id_and_receipt() {
        let place = Place { generation: "abcdefghijklmnopqrstuv".into(), partition: 3, offset: 1234 };
        for (id, told) in [("", "null"), ("vote-0001", "\"vote-0001\"")] {
            let answer = written(&Reply::Accepted { id: id.into(), place: place.clone() }, false, false);
            let (head, body) = answer.split_once("\r\n\r\n").unwrap_or_default();
            assert_eq!(body, format!("{{\"id\":{told},\"receipt\":\"{place}\"}}"));
            assert!(head.ends_with(&format!("Content-Length: {}", body.len())));
        }
    }

    #[test]
    fn the_last_answer_says_that_it_is_and_a_bare_one_has_no_body() {
        let answer = written(&Fixed::Live.into(), true, true);
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\nConnection: close\r\n"), "{answer}");
        assert!(answer.ends_with("Content-Length: 15\r\n\r\n"), "{answer}");
    }

    #[test]
    fn every_answer_has_a_phrase() {
        assert!(WRITTEN.iter().all(|(status, _)| !phrase(*status).is_empty()));
    }
}
