//! Stores in memory, for one process.

mod shard;
mod spread;
mod stripes;
#[cfg(test)]
mod tests;
mod throttle;
mod uses;

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::sync::Arc;
use std::time::Duration;

pub use self::throttle::MemoryThrottleStore;

use self::shard::KeyShard;
use self::stripes::LockStripes;
use self::uses::UseNumber;
use super::{Claim, ClaimHolder, ClaimKey, ReplayStore, StoreEpoch};
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

const DEFAULT_CAPACITY: usize = 200_000;

/// The largest number of locks. With so many, few callers wait for each other.
const MOST_SHARDS: usize = 64;

/// The fewest keys that a lock guards in a store with several locks. With fewer, keys would spread so unevenly that one
/// shard is full long before the others.
const KEYS_PER_SHARD: usize = 1024;

/// A [`ReplayStore`] in memory, for one process: a bounded table that forgets no key before its time.
///
/// Its clones are the same store. It answers at once, and uses only the monotonic clock. So a step of the wall clock
/// makes it neither forget a key nor remember one for longer.
///
/// It never holds more keys than its [capacity](Self::with_capacity), and one account never holds more than half of
/// that. An account that holds as many keys as there are free places gets no more of them (see [`ReplayStore`]). The
/// store answers [`Unavailable`] to a new key for which it has no room. The keys that it holds can be claimed as
/// before. A store of more than 2,047 keys is divided into parts by the key, and the first part may be full when some
/// percent of the whole are free.
///
/// [`claim_once`](ReplayStore::claim_once) and [`claim_count`](ReplayStore::claim_count) do not see each other's
/// claims: each of them grants every use of a key once. The key takes one place, and lives as long as the longest claim
/// asked for.
///
/// # Memory
///
/// A key takes up to 220 bytes, each account that holds a key takes 40 more, and a key that is claimed with a count
/// above 127 takes 500 more. Each new key clears some expired ones away. The store keeps their memory for later keys.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore};
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let store = MemoryStore::new().with_capacity(2);
/// let (ada, guest, time) = (ClaimHolder::new(1), ClaimHolder::new(2), Duration::from_secs(60));
/// let claim = |key, holder| store.claim_once(ClaimKey::new([key; 16]), holder, time).try_now().expect("at once");
/// assert_eq!(claim(1, guest)?, Claim::First);
/// assert_eq!(claim(1, guest)?, Claim::NotFirst);
/// assert!(claim(2, guest).is_err(), "the store cannot remember the claim, so it does not grant it");
/// assert_eq!(claim(3, ada)?, Claim::First, "the store has room for another account");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryStore(Arc<ReplayMemory>);

struct ReplayMemory {
    clock: Arc<dyn Clock>,
    epoch: StoreEpoch,
    capacity: usize,
    shards: LockStripes<KeyShard>,
}

impl MemoryStore {
    /// Makes an empty store for 200,000 keys, of which one account holds 100,000 at most. A full store takes 50 MB, and
    /// 150 MB if all keys have high counts.
    #[must_use]
    pub fn new() -> Self {
        Self::build(DEFAULT_CAPACITY, Arc::new(SystemClock::new()))
    }

    /// Makes an empty store with the same clock, for at most `keys` keys. With 0 it refuses every claim.
    ///
    /// A Digest client that uses each nonce once takes one key for each login, for the lifetime of a nonce and 10 s.
    /// For example, 300 such logins a second need 93,000 keys if a nonce lives for 5 minutes. If all of these logins
    /// are of one account, the store needs twice as many.
    #[must_use]
    pub fn with_capacity(self, keys: usize) -> Self {
        Self::build(keys, Arc::clone(&self.0.clock))
    }

    /// Makes an empty store of the same capacity, which uses `clock`.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::build(self.0.capacity, Arc::new(clock))
    }

    fn build(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(ReplayMemory {
            clock,
            epoch: new_epoch(),
            capacity,
            shards: shards(capacity),
        }))
    }

    /// The largest number of keys that the store holds.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// The number of keys that the store holds now, including keys that have expired and are not cleared away yet.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        self.0.shards.all().map(|shard| shard.len()).sum()
    }

    fn claim(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        number: UseNumber,
        ttl: Duration,
    ) -> Result<Claim, Unavailable> {
        // The epoch never changes, so this check and the claim are one atomic step.
        if key.epoch().is_some_and(|epoch| epoch != self.0.epoch) {
            return Ok(Claim::NotFirst);
        }
        let key = *key.as_bytes();
        // The clock is read before the lock is taken, so that no caller waits for the clock. So `now` may be earlier
        // than the time that another caller read which got the lock first. That is safe: by an earlier time fewer keys
        // have expired.
        let now = self.0.clock.monotonic();
        let until = now.saturating_add(ttl);
        let mut shard = self.0.shards.part(key).ok_or_else(broken)?;
        let claim = shard.claim(key, holder, number, now, until);
        drop(shard);
        claim.ok_or_else(full)
    }
}

/// Divides the capacity into a power of two of shards. Together they hold exactly the capacity.
fn shards(capacity: usize) -> LockStripes<KeyShard> {
    let wanted = (capacity / KEYS_PER_SHARD).clamp(1, MOST_SHARDS);
    let count = 1 << wanted.ilog2();
    let parts = (0..count).map(|i| capacity / count + usize::from(i < capacity % count));
    LockStripes::new(parts.map(KeyShard::new))
}

/// Makes a tag that no other store has, in this process or another. It must be unique, but not secret, because issuers
/// protect it with their own MAC. The standard library seeds its hashers from the operating system.
fn new_epoch() -> StoreEpoch {
    StoreEpoch::new(RandomState::new().build_hasher().finish())
}

#[cold]
fn full() -> Unavailable {
    Unavailable::new("the replay store is full, or the account holds its share of it")
}

#[cold]
fn broken() -> Unavailable {
    Unavailable::new("the replay store is broken: a claim panicked")
}

impl ReplayStore for MemoryStore {
    #[inline]
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        NowOrLater::now(self.claim(key, holder, UseNumber::ONLY, ttl))
    }

    #[inline]
    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>> {
        let claim = UseNumber::counted(count).map(|number| self.claim(key, holder, number, ttl));
        NowOrLater::now(claim.unwrap_or(Ok(Claim::NotFirst)))
    }

    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
        NowOrLater::now(Ok(self.0.epoch))
    }
}

impl Default for MemoryStore {
    fn default() -> Self {
        Self::new()
    }
}

shows! { impl[] MemoryStore[] as self { held: self.entry_count(), capacity: self.capacity() } }
