//! What a request's headers must say before its body is looked at.

use std::borrow::Cow;

use super::answers::Fixed;
use super::head::{Extent, Head};
use crate::vote::body::LARGEST_BATCH;

/// The name in a Host header: a name or an address, and perhaps a port.
pub fn host_name(host: &[u8]) -> Option<&str> {
    let host = std::str::from_utf8(host).ok()?;
    let (name, port) = match host.rfind(']') {
        Some(end) => (&host[..=end], &host[end + 1..]),
        None => host.split_at(host.find(':').unwrap_or(host.len())),
    };
    let is_port = |port: &str| (1..=5).contains(&port.len()) && port.bytes().all(|byte| byte.is_ascii_digit());
    let right = match name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        Some(address) => !address.is_empty() && address.bytes().all(|b| b.is_ascii_hexdigit() || b":.".contains(&b)),
        None => !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)),
    };
    (right && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))).then_some(name)
}

/// The types a body may have.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Media {
    Json,
    Lines,
}

/// The media type, when it is one of ours in UTF-8.
pub fn media_of(content_type: &[u8]) -> Option<Media> {
    if content_type == b"application/json" {
        return Some(Media::Json);
    }
    let text = std::str::from_utf8(content_type).ok()?.to_ascii_lowercase().replace(' ', "");
    let (media, parameter) = text.split_once(';').unwrap_or((&text, ""));
    let utf8 = ["", "charset=utf-8", "charset=\"utf-8\""].contains(&parameter);
    match media {
        "application/json" if utf8 => Some(Media::Json),
        "application/x-ndjson" if utf8 => Some(Media::Lines),
        _ => None,
    }
}

/// The answer for a head that no vote can follow.
pub fn objection(head: &Head<'_>, medias: &[Media]) -> Option<Fixed> {
    if !media_of(head.content_type).is_some_and(|media| medias.contains(&media)) || !head.plain {
        return Some(Fixed::Media);
    }
    (head.extent == Extent::Unsaid).then_some(Fixed::Length)
}

/// The answer for a batch that is none.
pub fn batch_objection(head: &Head<'_>, votes: usize) -> Option<Fixed> {
    objection(head, &[Media::Json, Media::Lines]).or(match votes {
        _ if head.key.is_some() => Some(Fixed::Keyed),
        0 => Some(Fixed::Empty),
        1..=LARGEST_BATCH => None,
        _ => Some(Fixed::Crowded),
    })
}

/// The text of a header's bytes.
pub fn latin1(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) if text.is_ascii() => text.into(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect::<String>().into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_a_port() {
        for (host, name) in [
            ("a", Some("a")),
            ("LOCALHOST:3000", Some("LOCALHOST")),
            ("[::1]:80", Some("[::1]")),
            ("evil/../", None),
            ("", None),
            ("a:", None),
            ("a:123456", None),
            ("a:1:2", None),
            ("[]", None),
            ("ñ", None),
        ] {
            assert_eq!(host_name(host.as_bytes()), name, "{host}");
        }
    }
}
