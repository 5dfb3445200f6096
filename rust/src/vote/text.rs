//! The one spelling of a band or an album: NFC, trimmed, inner blanks collapsed.

use std::borrow::Cow;

use unicode_normalization::{IsNormalized, UnicodeNormalization, is_nfc_quick};

use super::error::{Fault, require};

const LONGEST_TEXT: usize = 80; // characters of a band's or an album's name
const LONGEST_SPELLING: usize = 4 * LONGEST_TEXT; // characters before NFC, which makes at most four one; it is slow on long texts

/// The one spelling of a text; a fault of the field when there is none.
pub fn canonical(field: &'static str, text: &str) -> Result<String, Fault> {
    if is_canonical_ascii(text.as_bytes()) {
        return Ok(text.to_owned());
    }
    spelled(field, text)
}

fn spelled(field: &'static str, text: &str) -> Result<String, Fault> {
    let held = !text.chars().any(is_forbidden);
    require(held, field, "must not hold control or direction characters")?;
    let trimmed = collapsed(text);
    let whole = composed(&trimmed);
    let fits = (1..=LONGEST_TEXT).contains(&whole.chars().count());
    require(fits, field, "must have 1 to 80 characters")?;
    Ok(whole.into_owned())
}

/// Whether there is nothing to do, as for most names.
fn is_canonical_ascii(text: &[u8]) -> bool {
    (1..=LONGEST_TEXT).contains(&text.len())
        && text.iter().all(|byte| (0x20..0x7f).contains(byte))
        && text[0] != b' '
        && text[text.len() - 1] != b' '
        && !text.windows(2).any(|pair| pair == b"  ")
}

/// Control characters, line ends, and marks that change the direction of what follows.
fn is_forbidden(sign: char) -> bool {
    matches!(sign, '\0'..='\x1f' | '\x7f'..='\u{9f}' | '\u{61c}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

fn is_blank(sign: char) -> bool {
    matches!(sign, ' ' | '\u{a0}' | '\u{1680}' | '\u{2000}'..='\u{200a}' | '\u{202f}' | '\u{205f}' | '\u{3000}')
}

/// Each run of blanks as one, and none at the ends.
fn collapsed(text: &str) -> String {
    let mut whole = String::with_capacity(text.len());
    for word in text.split(is_blank).filter(|word| !word.is_empty()) {
        if !whole.is_empty() {
            whole.push(' ');
        }
        whole.push_str(word);
    }
    whole
}

/// In NFC, unless it is too long to be a name anyway.
fn composed(text: &str) -> Cow<'_, str> {
    let usual = is_nfc_quick(text.chars()) == IsNormalized::Yes;
    if usual || text.chars().count() > LONGEST_SPELLING {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spelling_is_its_own_spelling() {
        for text in [" Los  Pe\u{301}rez ", "a\u{a0}\u{3000}b", "\u{2126}", "x"] {
            let once = canonical("name", text).expect("it is a name");
            assert_eq!(canonical("name", &once), Ok(once.clone()));
        }
    }

    #[test]
    fn a_plain_name_is_spelled_alike_by_the_short_way_and_the_long_one() {
        for text in ["a b", "a  b", " a", "a ", "", " ", "a\tb", "a\x7f", "~", &"a".repeat(80), &"a".repeat(81)] {
            assert_eq!(canonical("name", text), spelled("name", text));
        }
    }
}
