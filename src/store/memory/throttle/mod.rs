//! What one process remembers of failures.

mod allowance;
mod counter;
mod stripe;

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, MutexGuard};

use self::allowance::Allowances;
use self::counter::moment;
use self::stripe::{Stripe, WAYS};
use super::Octets;
use super::stripes::Stripes;
use crate::clock::{Clock, SystemClock};
use crate::now_or_later::NowOrLater;
use crate::store::{Budget, Key, Reserved, Settlement, ThrottleStore};
use crate::unavailable::Unavailable;

const DEFAULT_CAPACITY: usize = 1 << 16;

/// So many locks that few callers wait for each other.
const STRIPES: usize = 64;

/// So many places for the keys that have none of their own.
const SHARED: usize = 1 << 16;

/// A [`ThrottleStore`] in memory, for one process: a table of a fixed size, which a flood makes stricter and not
/// forgetful.
///
/// Its clones are the same store. It answers at once, and keeps time by the monotonic clock alone.
///
/// Each key is counted by itself while there is room. Once there is none, a new key is counted in one of 65,536 places
/// that keys share, where it is shut with those that it shares with, for the longest delay at most; a success there gives
/// its own attempt back and clears nobody's failures. A key goes on being counted there until the place has been quiet
/// for as long as its budget remembers. No key that has failures is ever put out of its place. How often keys had to
/// share is [told](Self::shared_reservations).
///
/// What was [vouched for](Settlement::Vouch) has room for a quarter as many keys; a new one takes the place of the one
/// that ends first. So whoever has an account and some thousands of networks to use it from can take the places of others,
/// who are strangers then.
///
/// A restart forgets everything, hard stops too.
///
/// # Memory
///
/// 76 octets for each key of its capacity, and 3 MB for the shared places, all of it from the start: 8 MB for the 65,536
/// keys that it has room for unless it is told otherwise.
///
/// # Example
///
/// ```
/// use tower_challenge::store::{Budget, Key, MemoryThrottleStore, Reserved, ThrottleStore};
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let store = MemoryThrottleStore::new().with_capacity(0);
/// let reserve = |key| store.reserve(Key::new([key; 16]), &Budget::failures(1)).try_now().expect("at once");
/// assert!(matches!(reserve(1)?, Reserved::Granted { .. }));
/// assert!(matches!(reserve(1)?, Reserved::Shut(_)), "however little room there is");
/// assert_eq!(store.shared_reservations(), 2, "both times it had to share a place");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryThrottleStore(Arc<Memory>);

struct Memory {
    clock: Arc<dyn Clock>,
    capacity: usize,
    stripes: Stripes<Stripe>,
    shared_reservations: AtomicU64,
}

impl MemoryThrottleStore {
    /// An empty store with room for 65,536 keys of their own.
    #[must_use]
    pub fn new() -> Self {
        Self::build(DEFAULT_CAPACITY, Arc::new(SystemClock::new()))
    }

    /// An empty store with the same clock, and room for `keys` keys of their own, rounded up to a multiple of 512.
    ///
    /// # Panics
    ///
    /// There cannot be memory for as many.
    #[must_use]
    pub fn with_capacity(self, keys: usize) -> Self {
        Self::build(keys, Arc::clone(&self.0.clock))
    }

    /// An empty store of the same capacity, which goes by `clock`.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::build(self.0.capacity, Arc::new(clock))
    }

    fn build(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        let own = capacity.div_ceil(STRIPES * WAYS);
        let allowances = capacity.div_ceil(STRIPES * Allowances::WAYS * 4).max(1);
        let stripe = || Stripe::new(own, SHARED / STRIPES, allowances);
        Self(Arc::new(Memory {
            clock,
            capacity: own.saturating_mul(STRIPES * WAYS),
            stripes: Stripes::new((0..STRIPES).map(|_| stripe())),
            shared_reservations: AtomicU64::new(0),
        }))
    }

    /// For how many keys there is room of their own.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// How many keys are counted by themselves now. Looks at all of them.
    #[must_use]
    pub fn held(&self) -> usize {
        let now = moment(self.0.clock.monotonic());
        let stripes = self.0.stripes.all();
        stripes.map(|stripe| stripe.held(now)).sum()
    }

    /// How many attempts were asked for by keys that had to share a place: above 0, the store is too small for what it
    /// is asked, or under attack.
    #[must_use]
    pub fn shared_reservations(&self) -> u64 {
        self.0.shared_reservations.load(Ordering::Relaxed)
    }

    fn try_reserve(&self, key: Key, budget: &Budget) -> Result<Reserved, Unavailable> {
        // Read before the lock is taken, so that nobody waits for it. By an earlier time more is shut, not less.
        let now = moment(self.0.clock.monotonic());
        let (reserved, shared) = self.0.stripe(key)?.reserve(*key.as_bytes(), budget, now);
        if shared {
            self.0.shared_reservations.fetch_add(1, Ordering::Relaxed);
        }
        Ok(reserved)
    }

    fn try_settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> Result<(), Unavailable> {
        let now = moment(self.0.clock.monotonic());
        let mut stripe = self.0.stripe(key)?;
        stripe.settle(*key.as_bytes(), generation, settlement, now);
        Ok(())
    }
}

impl Memory {
    fn stripe(&self, key: Key) -> Result<MutexGuard<'_, Stripe>, Unavailable> {
        self.stripes.part(*key.as_bytes()).ok_or_else(broken)
    }
}

#[cold]
fn broken() -> Unavailable {
    Unavailable::new("the throttle store is broken: a step panicked")
}

impl ThrottleStore for MemoryThrottleStore {
    fn reserve(&self, key: Key, budget: &Budget) -> NowOrLater<Result<Reserved, Unavailable>> {
        NowOrLater::now(self.try_reserve(key, budget))
    }

    fn settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        NowOrLater::now(self.try_settle(key, generation, settlement))
    }
}

impl Default for MemoryThrottleStore {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for MemoryThrottleStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MemoryThrottleStore")
            .field("capacity", &self.capacity())
            .field("shared_reservations", &self.shared_reservations())
            .finish_non_exhaustive()
    }
}
