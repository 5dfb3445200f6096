//! The head of a request: its line and the few headers that matter, each held to its rule.

use std::borrow::Cow;

use super::answers::Fixed;

pub const LONGEST_TARGET: usize = 8192 - "OPTIONS  HTTP/1.1".len(); // of a request line of 8 KB
pub const LARGEST_HEAD: usize = 16_384; // bytes of all header lines
const MOST_HEADERS: usize = 64;
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];
const MOST_DIGITS: usize = 18; // of a length; no body is so long

/// The bytes are no request that can be taken; this, or nothing, is the last answer of the connection.
#[derive(Debug, PartialEq, Eq)]
pub struct Refused(pub Option<Fixed>);

impl From<Fixed> for Refused {
    fn from(answer: Fixed) -> Self {
        Self(Some(answer))
    }
}

/// How a body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// There is none, and nothing was said about it.
    Unsaid,
    Length(usize),
    Chunked,
}

/// What a request says before its body.
#[derive(Debug)]
pub struct Head<'a> {
    pub method: &'a str,
    pub target: &'a str,
    pub host: &'a [u8],
    pub content_type: &'a [u8],
    /// Whether the body is as it is: not compressed.
    pub plain: bool,
    /// Idempotency-Key.
    pub key: Option<&'a [u8]>,
    /// X-Forwarded-For, all of it.
    pub forwarded: Cow<'a, [u8]>,
    pub extent: Extent,
    /// Whether the connection outlives the request.
    pub keep: bool,
    /// Whether the client waits for 100 Continue.
    pub expects: bool,
}

/// Refuses a request line whose version is none of ours.
pub fn check_line(line: &[u8]) -> Result<(), Refused> {
    if line.starts_with(b"GET /") && line[4..].iter().all(u8::is_ascii_graphic) {
        return Err(Refused(None)); // HTTP/0.9 has no status to answer with
    }
    let version = memchr::memrchr(b' ', line).map_or(line, |at| &line[at + 1..]);
    match version {
        b"HTTP/1.1" | b"HTTP/1.0" => Ok(()),
        b"HTTP/0.9" => Err(Refused(None)),
        [b'H', b'T', b'T', b'P', b'/', major, b'.', minor] if major.is_ascii_digit() && minor.is_ascii_digit() => {
            Err(Fixed::Version.into())
        }
        _ => Err(Fixed::Malformed.into()),
    }
}

impl<'a> Head<'a> {
    /// The head of these bytes, up to the empty line.
    pub fn read(bytes: &'a [u8]) -> Result<Self, Refused> {
        let mut room = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut request = httparse::Request::new(&mut room);
        match request.parse(bytes) {
            Ok(httparse::Status::Complete(_)) => {}
            Err(httparse::Error::TooManyHeaders) => return Err(Fixed::Headers.into()),
            _ => return Err(Fixed::Malformed.into()),
        }
        let (method, target) = (request.method.unwrap_or_default(), request.path.unwrap_or_default());
        if target.len() > LONGEST_TARGET {
            return Err(Fixed::LongTarget.into());
        }
        if !METHODS.contains(&method) {
            return Err(Fixed::Malformed.into());
        }
        let old = request.version == Some(0);
        let mut found = Found::default();
        for header in request.headers.iter() {
            found.add(header.name, header.value)?;
        }
        found.head(method, target, old)
    }

    /// The target without its query.
    pub fn path(&self) -> &'a str {
        self.target.split_once('?').map_or(self.target, |(path, _)| path)
    }
}

/// Headers as they come.
#[derive(Default)]
struct Found<'a> {
    host: Option<&'a [u8]>,
    content_type: Option<&'a [u8]>,
    length: Option<&'a [u8]>,
    coding: Option<&'a [u8]>,
    expect: Option<&'a [u8]>,
    key: Option<&'a [u8]>,
    packed: bool,
    forwarded: Cow<'a, [u8]>,
    close: bool,
    keep_alive: bool,
}

impl<'a> Found<'a> {
    fn add(&mut self, name: &str, value: &'a [u8]) -> Result<(), Refused> {
        let is = |other: &str| name.eq_ignore_ascii_case(other);
        match name.len() {
            4 if is("host") => once(&mut self.host, value, Fixed::Host),
            6 if is("expect") => once(&mut self.expect, value, Fixed::Repeated),
            10 if is("connection") => {
                self.close |= has_token(value, "close");
                self.keep_alive |= has_token(value, "keep-alive");
                Ok(())
            }
            12 if is("content-type") => once(&mut self.content_type, value, Fixed::Repeated),
            14 if is("content-length") => once(&mut self.length, value, Fixed::Malformed),
            15 if is("idempotency-key") => once(&mut self.key, value, Fixed::Repeated),
            15 if is("x-forwarded-for") => {
                self.forward(value);
                Ok(())
            }
            16 if is("content-encoding") => {
                self.packed |= value != b"identity";
                Ok(())
            }
            17 if is("transfer-encoding") => once(&mut self.coding, value, Fixed::Malformed),
            _ => Ok(()),
        }
    }

    fn forward(&mut self, value: &'a [u8]) {
        if self.forwarded.is_empty() {
            self.forwarded = Cow::Borrowed(value);
        } else {
            let whole = self.forwarded.to_mut();
            whole.extend_from_slice(b", ");
            whole.extend_from_slice(value);
        }
    }

    /// The head, when nothing in it is a way to smuggle.
    fn head(self, method: &'a str, target: &'a str, old: bool) -> Result<Head<'a>, Refused> {
        let extent = extent(self.length, self.coding, old)?;
        if self.expect.is_some_and(|expect| !expect.eq_ignore_ascii_case(b"100-continue")) {
            return Err(Fixed::Expectation.into());
        }
        let host = self.host.ok_or(Fixed::Host)?;
        if !target.starts_with('/') {
            return Err(Fixed::Malformed.into());
        }
        Ok(Head {
            method,
            target,
            host,
            content_type: self.content_type.unwrap_or_default(),
            plain: !self.packed,
            key: self.key,
            forwarded: self.forwarded,
            extent,
            keep: !self.close && (!old || self.keep_alive),
            expects: self.expect.is_some() && !old,
        })
    }
}

fn once<'a>(place: &mut Option<&'a [u8]>, value: &'a [u8], twice: Fixed) -> Result<(), Refused> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(twice.into()),
    }
}

fn has_token(value: &[u8], token: &str) -> bool {
    value.split(|byte| *byte == b',').any(|part| part.trim_ascii().eq_ignore_ascii_case(token.as_bytes()))
}

fn extent(length: Option<&[u8]>, coding: Option<&[u8]>, old: bool) -> Result<Extent, Refused> {
    match (length, coding) {
        (None, None) => Ok(Extent::Unsaid),
        (Some(digits), None) => length_of(digits).map(Extent::Length),
        (None, Some(coding)) if coding.eq_ignore_ascii_case(b"chunked") && !old => Ok(Extent::Chunked),
        _ => Err(Fixed::Malformed.into()),
    }
}

fn length_of(digits: &[u8]) -> Result<usize, Refused> {
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(Fixed::Malformed.into());
    }
    if digits.len() > MOST_DIGITS {
        return Err(Fixed::Large.into());
    }
    Ok(digits.iter().fold(0, |length, digit| length * 10 + usize::from(digit - b'0')))
}
