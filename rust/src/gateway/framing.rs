//! Where one HTTP/1.1 request ends and the next begins: bytes in, whole requests out, held to the limits of size.

use super::answers::Fixed;
use super::chunks::Chunks;
use super::head::{Extent, Head, LARGEST_HEAD, LONGEST_TARGET, Refused, check_line};

const LONGEST_LINE: usize = LONGEST_TARGET + "OPTIONS  HTTP/1.1\r".len();

/// What is being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    Between,
    Head,
    Body,
}

/// A whole request.
pub struct Request<'a> {
    pub head: Head<'a>,
    pub body: &'a [u8],
}

/// Reads one connection. `begun` counts requests; `expects` is whether the client waits for 100 Continue; `keep` whether
/// the connection outlives the last request.
pub struct Framing {
    rooms: fn(&str) -> usize,
    held: Vec<u8>,
    line_end: usize,
    seen: usize,
    kept: Vec<u8>,
    body: Body,
    pub stage: Stage,
    pub begun: u64,
    pub keep: bool,
    pub expects: bool,
}

/// A body that did not come with its head.
enum Body {
    Length(usize),
    Chunked(Chunks),
}

impl Framing {
    /// `rooms` says how many bytes a body may have, by path.
    pub fn new(rooms: fn(&str) -> usize) -> Self {
        Self {
            rooms,
            held: Vec::new(),
            line_end: 0,
            seen: 0,
            kept: Vec::new(),
            body: Body::Length(0),
            stage: Stage::Between,
            begun: 0,
            keep: true,
            expects: false,
        }
    }

    /// Reads on, and gives `take` every whole request; Refused when there is no reading on.
    pub fn feed(&mut self, data: &[u8], take: &mut dyn FnMut(Request<'_>)) -> Result<(), Refused> {
        if self.held.is_empty() {
            let used = self.read(data, take)?;
            self.held.extend_from_slice(&data[used..]);
        } else {
            let mut held = std::mem::take(&mut self.held);
            held.extend_from_slice(data);
            let used = self.read(&held, take)?;
            held.drain(..used);
            self.held = held;
        }
        Ok(())
    }

    /// Reads as many requests as there are; gives the bytes that nobody needs again.
    fn read(&mut self, data: &[u8], take: &mut dyn FnMut(Request<'_>)) -> Result<usize, Refused> {
        let mut at = 0;
        while self.keep && at < data.len() {
            let rest = &data[at..];
            let used = match self.stage {
                Stage::Between => self.begin(rest)?,
                Stage::Head => match self.end_of_head(rest)? {
                    None => return Ok(at),
                    Some(end) => self.take_head(&rest[..end], &rest[end..], take)?,
                },
                Stage::Body => match self.read_body(rest, take)? {
                    None => return Ok(at),
                    Some(used) => used,
                },
            };
            at += used;
        }
        Ok(if self.keep { at } else { data.len() }) // what follows the last request is nobody's
    }

    /// Skips the empty lines that some clients send after a body.
    fn begin(&mut self, rest: &[u8]) -> Result<usize, Refused> {
        let blank = rest.iter().take_while(|byte| b"\r\n".contains(byte)).count();
        if let Some(first) = rest.get(blank) {
            if !first.is_ascii_uppercase() {
                return Err(Fixed::Malformed.into()); // no method: TLS, or a body that nobody spoke of
            }
            self.stage = Stage::Head;
            self.begun += 1;
            (self.seen, self.line_end, self.expects) = (0, 0, false);
        }
        Ok(blank)
    }

    /// Looks for the empty line in what is new; a line ends in CR LF and nothing else.
    fn end_of_head(&mut self, rest: &[u8]) -> Result<Option<usize>, Refused> {
        while let Some(found) = memchr::memchr(b'\n', &rest[self.seen..]) {
            let end = self.seen + found + 1;
            let line = rest[..end].strip_suffix(b"\r\n").ok_or(Fixed::Malformed)?;
            self.seen = end;
            if self.line_end == 0 {
                self.line_end = end;
                if end > LONGEST_LINE + 1 {
                    return Err(Fixed::LongTarget.into());
                }
                check_line(line)?;
            } else if end - self.line_end > LARGEST_HEAD + 2 {
                return Err(Fixed::Headers.into());
            } else if line.ends_with(b"\r\n") {
                return Ok(Some(end));
            }
        }
        self.seen = rest.len();
        match self.line_end {
            0 if rest.len() > LONGEST_LINE => Err(Fixed::LongTarget.into()),
            line if line > 0 && rest.len() - line > LARGEST_HEAD + 2 => Err(Fixed::Headers.into()),
            _ => Ok(None),
        }
    }

    /// Takes the request when its body is there too, as it mostly is; gives the bytes used.
    fn take_head(&mut self, bytes: &[u8], rest: &[u8], take: &mut dyn FnMut(Request<'_>)) -> Result<usize, Refused> {
        let head = Head::read(bytes)?;
        let room = (self.rooms)(head.path());
        self.body = match head.extent {
            Extent::Unsaid => Body::Length(0),
            Extent::Length(length) if length > room => return Err(Fixed::Large.into()),
            Extent::Length(length) => Body::Length(length),
            Extent::Chunked => Body::Chunked(Chunks::new(room)),
        };
        match self.body {
            Body::Length(length) if length <= rest.len() => {
                self.hand_on(Request { head, body: &rest[..length] }, take);
                Ok(bytes.len() + length)
            }
            _ => {
                self.expects = head.expects;
                self.stage = Stage::Body;
                self.kept.clear();
                self.kept.extend_from_slice(bytes);
                Ok(bytes.len())
            }
        }
    }

    /// Reads more of a body; None when it must come first.
    fn read_body(&mut self, rest: &[u8], take: &mut dyn FnMut(Request<'_>)) -> Result<Option<usize>, Refused> {
        let mut whole = Vec::new();
        let (used, body) = match &mut self.body {
            Body::Length(length) if *length > rest.len() => return Ok(None),
            Body::Length(length) => (*length, &rest[..*length]),
            Body::Chunked(chunks) => {
                let (used, is_whole) = chunks.read(rest)?;
                if !is_whole {
                    return Ok(Some(used));
                }
                std::mem::swap(&mut whole, &mut chunks.body);
                (used, whole.as_slice())
            }
        };
        let kept = std::mem::take(&mut self.kept);
        let head = Head::read(&kept)?;
        self.hand_on(Request { head, body }, take);
        Ok(Some(used))
    }

    fn hand_on(&mut self, request: Request<'_>, take: &mut dyn FnMut(Request<'_>)) {
        self.stage = Stage::Between;
        self.expects = false;
        self.keep = request.head.keep;
        take(request);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const VOTE: &[u8] = b"POST /rust?a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    const CHUNKED: &[u8] =
        b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1;x=y\r\n{\r\n1\r\n}\r\n0\r\nA: b\r\n\r\n";

    /// The bodies of these bytes, given in pieces of so many.
    fn bodies(bytes: &[u8], size: usize) -> Result<Vec<Vec<u8>>, Refused> {
        let (mut framing, mut found) = (Framing::new(|_| 4096), Vec::new());
        for piece in bytes.chunks(size) {
            framing.feed(piece, &mut |request| found.push(request.body.to_vec()))?;
        }
        Ok(found)
    }

    #[test]
    fn requests_are_the_same_however_their_bytes_arrive() {
        let bytes = [VOTE, CHUNKED, b"\r\n", VOTE].concat();
        for size in 1..=bytes.len() {
            assert_eq!(bodies(&bytes, size), Ok(vec![b"{}".to_vec(); 3]), "{size}");
        }
    }

    #[test]
    fn what_follows_the_last_request_is_nobodys() {
        let last = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n";
        let bytes = [last.as_slice(), b"\0\0", VOTE].concat();
        assert_eq!(bodies(&bytes, 1000), Ok(vec![vec![]]));
    }

    #[test]
    fn a_refusal_is_the_same_however_its_bytes_arrive() {
        for (bytes, answer) in [
            ("GET / HTTP/1.1\nHost: a\n\n", Some(Fixed::Malformed)),
            ("GET /\r\n\r\n", None),
            ("POST /\r\n\r\n", Some(Fixed::Malformed)),
            ("{}", Some(Fixed::Malformed)),
            ("GET / HTTP/2.0\r\n\r\n", Some(Fixed::Version)),
            ("GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n", Some(Fixed::Malformed)),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0x1\r\n", Some(Fixed::Malformed)),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1001\r\n", Some(Fixed::Large)),
        ] {
            for size in 1..=bytes.len() {
                assert_eq!(bodies(bytes.as_bytes(), size), Err(Refused(answer)), "{bytes:?}");
            }
        }
    }
}
