//! Voters are known by a digest alone: HMAC-SHA256 (RFC 2104) under the contest's secret, its first 32 hex digits.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use super::error::{Fault, require};

const LONGEST_VOTER: usize = 128; // bytes
const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Makes the digests of one contest.
#[derive(Clone)]
pub struct Voters(Hmac<Sha256>);

impl Voters {
    /// Those of the contest with this secret.
    pub fn new(secret: &[u8]) -> Self {
        #[allow(clippy::expect_used)] // HMAC takes keys of any length
        Self(Hmac::new_from_slice(secret).expect("any key"))
    }

    /// The voter as stored, logged and sent on; a fault when its name is empty or too long. Otherwise it is opaque.
    pub fn digest(&self, voter: &str) -> Result<String, Fault> {
        let fits = (1..=LONGEST_VOTER).contains(&voter.len());
        require(fits, "voter", "must have 1 to 128 bytes")?;
        let code = self.0.clone().chain_update(voter).finalize().into_bytes();
        let digits = code[..16].iter().flat_map(|byte| [byte >> 4, byte & 15]);
        Ok(digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect())
    }
}

/// Whether this is the form of a digest.
pub fn is_digest(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| DIGITS.contains(&byte))
}
