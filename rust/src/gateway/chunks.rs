//! A body in chunks (RFC 9112, 7.1), read strictly and held to the room there is for it.

use super::answers::Fixed;
use super::head::{LARGEST_HEAD, LONGEST_TARGET, Refused};

const SMALLEST_CHUNKS: usize = 8; // bytes on the wire for one of the body's: beyond it chunks are an attack
const MOST_TRAILERS: usize = 64;

/// What comes next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    /// A digit of a chunk's size, the first or a later one.
    Size(bool),
    Extension,
    SizeEnd,
    Data,
    DataEnd,
    DataLineEnd,
    Trailers,
}

/// A body on its way.
pub struct Chunks {
    next: Next,
    left: usize,
    wire: usize,
    room: usize,
    trailers: Vec<u8>,
    pub body: Vec<u8>,
}

impl Chunks {
    /// A body of at most so many bytes.
    pub fn new(room: usize) -> Self {
        Self { next: Next::Size(false), left: 0, wire: 0, room, trailers: Vec::new(), body: Vec::new() }
    }

    /// Reads on; gives the bytes it used, and whether the body is whole.
    pub fn read(&mut self, data: &[u8]) -> Result<(usize, bool), Refused> {
        let mut at = 0;
        while at < data.len() {
            let used = match self.next {
                Next::Data => self.copy(&data[at..]),
                Next::Extension => self.skip(&data[at..])?,
                Next::Trailers => {
                    self.trailers.push(data[at]);
                    1
                }
                _ => self.step(data[at])?,
            };
            at += used;
            self.wire += used;
            if self.wire > LONGEST_TARGET + LARGEST_HEAD + SMALLEST_CHUNKS * self.room {
                return Err(Fixed::Large.into());
            }
            if self.next == Next::Trailers && self.is_whole()? {
                return Ok((at, true));
            }
        }
        Ok((at, false))
    }

    fn copy(&mut self, data: &[u8]) -> usize {
        let some = self.left.min(data.len());
        self.body.extend_from_slice(&data[..some]);
        self.left -= some;
        if self.left == 0 {
            self.next = Next::DataEnd;
        }
        some
    }

    fn skip(&mut self, data: &[u8]) -> Result<usize, Refused> {
        match memchr::memchr2(b'\r', b'\n', data) {
            None => Ok(data.len()),
            Some(at) if data[at] == b'\r' => {
                self.next = Next::SizeEnd;
                Ok(at + 1)
            }
            Some(_) => Err(Fixed::Malformed.into()),
        }
    }

    fn step(&mut self, byte: u8) -> Result<usize, Refused> {
        self.next = match (self.next, byte) {
            (Next::Size(true), b'\r') => Next::SizeEnd,
            (Next::Size(true), b';') => Next::Extension,
            (Next::Size(_), _) => {
                self.grow(byte)?;
                Next::Size(true)
            }
            (Next::SizeEnd, b'\n') if self.left == 0 => Next::Trailers,
            (Next::SizeEnd, b'\n') => Next::Data,
            (Next::DataEnd, b'\r') => Next::DataLineEnd,
            (Next::DataLineEnd, b'\n') => Next::Size(false),
            _ => return Err(Fixed::Malformed.into()),
        };
        Ok(1)
    }

    fn grow(&mut self, digit: u8) -> Result<(), Refused> {
        let digit = char::from(digit).to_digit(16).ok_or(Fixed::Malformed)?;
        self.left = self.left * 16 + digit as usize;
        if self.body.len() + self.left > self.room { Err(Fixed::Large.into()) } else { Ok(()) }
    }

    /// Whether the empty line has come; trailers are headers, and dropped.
    fn is_whole(&self) -> Result<bool, Refused> {
        if self.trailers != b"\r\n" && !self.trailers.ends_with(b"\r\n\r\n") {
            let bare = self.trailers.ends_with(b"\n") && !self.trailers.ends_with(b"\r\n");
            return if bare { Err(Fixed::Malformed.into()) } else { Ok(false) };
        }
        let mut room = [httparse::EMPTY_HEADER; MOST_TRAILERS];
        match httparse::parse_headers(&self.trailers, &mut room) {
            Ok(httparse::Status::Complete(_)) => Ok(true),
            _ => Err(Fixed::Malformed.into()),
        }
    }
}
