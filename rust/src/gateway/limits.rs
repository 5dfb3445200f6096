//! Token buckets: how many votes a second an address or a voter may send. They never decide what counts.

use std::cell::RefCell;
use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroUsize;
use std::time::Instant;

use lru::LruCache;

use super::addresses::{Proxies, network_of};
use crate::vote::model::Vote;

const MOST_KEYS: NonZeroUsize = NonZeroUsize::new(10_000).unwrap();

/// A bucket per key: `rate` tokens a second, a second's worth at most, for the keys that were seen last.
///
/// A key goes into debt by one request at most, so that a batch larger than its bucket gets through, and pays after.
struct Buckets<K: Hash + Eq> {
    rate: f64,
    levels: LruCache<K, (f64, Instant)>,
}

impl<K: Hash + Eq> Buckets<K> {
    fn new(rate: usize, most: NonZeroUsize) -> Self {
        Self { rate: rate as f64, levels: LruCache::new(most) }
    }

    /// Takes the tokens; false, and takes none, when the bucket is empty.
    fn take(&mut self, key: K, now: Instant, tokens: usize) -> bool {
        let rate = self.rate;
        let (level, since) = self.levels.get_or_insert_mut(key, || (rate, now));
        *level = rate.min(*level + now.saturating_duration_since(*since).as_secs_f64() * rate);
        *since = now;
        let allowed = *level >= 1.0;
        if allowed {
            *level -= tokens as f64;
        }
        allowed
    }
}

/// The rates of one gateway, in votes a second; a rate of 0 is no limit.
pub struct Quota {
    addresses: Option<RefCell<Buckets<IpAddr>>>,
    voters: Option<RefCell<Buckets<String>>>,
    proxies: Proxies,
}

impl Quota {
    pub fn new(address_rate: usize, voter_rate: usize, proxies: Proxies) -> Self {
        Self { addresses: buckets(address_rate), voters: buckets(voter_rate), proxies }
    }

    /// Whether an address stands for many clients.
    pub fn shares(&self, address: IpAddr) -> bool {
        address.to_canonical().is_loopback() || self.proxies.trusts(address)
    }

    /// Whether the address that a request really comes from may send so many votes more.
    pub fn admits(&self, peer: IpAddr, forwarded: &[u8], votes: usize) -> bool {
        let Some(addresses) = &self.addresses else {
            return true;
        };
        let client = network_of(self.proxies.client(peer, forwarded));
        addresses.borrow_mut().take(client, Instant::now(), votes)
    }

    /// Whether the vote's voter may send one more; a vote without one has no such limit.
    pub fn hears(&self, vote: &Vote) -> bool {
        match &self.voters {
            Some(voters) if !vote.voter.is_empty() => voters.borrow_mut().take(vote.voter.clone(), Instant::now(), 1),
            _ => true,
        }
    }
}

fn buckets<K: Hash + Eq>(rate: usize) -> Option<RefCell<Buckets<K>>> {
    (rate > 0).then(|| RefCell::new(Buckets::new(rate, MOST_KEYS)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn taken(buckets: &mut Buckets<&'static str>, now: Instant, key: &'static str) -> usize {
        (0..10).filter(|_| buckets.take(key, now, 1)).count()
    }

    #[test]
    fn a_bucket_holds_a_second_and_fills_by_the_clock() {
        let (mut buckets, start) = (Buckets::new(4, MOST_KEYS), Instant::now());
        let counts = [0, 0, 500, 500, 100_000].map(|ms| taken(&mut buckets, start + Duration::from_millis(ms), "a"));
        assert_eq!(counts, [4, 0, 2, 0, 4]);
    }

    #[test]
    fn a_batch_gets_through_and_is_paid_off_after() {
        let (mut buckets, start) = (Buckets::new(10, MOST_KEYS), Instant::now());
        let tries = [(0, 50), (3900, 1), (4200, 1)];
        let allowed = tries.map(|(ms, tokens)| buckets.take("a", start + Duration::from_millis(ms), tokens));
        assert_eq!(allowed, [true, false, true]);
    }

    #[test]
    fn the_keys_seen_last_are_remembered_and_no_more() {
        let (mut buckets, now) = (Buckets::new(1, NonZeroUsize::new(2).unwrap_or(MOST_KEYS)), Instant::now());
        let counts = ["a", "b", "a", "c", "a", "b"].map(|key| taken(&mut buckets, now, key));
        assert_eq!(counts, [1, 1, 0, 1, 0, 1]);
    }
}
