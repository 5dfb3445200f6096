//! Where a vote lies, and what decides its partition.

use std::fmt;
use std::sync::Arc;

/// Names one record of one log for ever; its text form `generation.partition.offset` is the receipt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    pub generation: Arc<str>,
    pub partition: u32,
    pub offset: u64,
}

impl fmt::Display for Place {
    fn fmt(&self, to: &mut fmt::Formatter) -> fmt::Result {
        write!(to, "{}.{}.{}", self.generation, self.partition, self.offset)
    }
}

/// The partition of a key that is not empty: CRC-32 (IEEE 802.3) of its bytes, modulo the partitions.
pub fn partition_of(key: &str, partitions: u32) -> u32 {
    crc32fast::hash(key.as_bytes()) % partitions
}
