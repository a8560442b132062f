//! The failed attempts that one process remembers.

mod familiar;
mod shared;
mod step;
mod table;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use self::shared::{SharedCounts, SharedMoments};
use self::table::RecordTable;
use super::stripes::LockStripes;
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::store::{
    FamiliarRecord, NetworkRecord, Settlement, ThrottleAttempt, ThrottleReceipt, ThrottleStore,
    UnfamiliarRecord,
};
use crate::unavailable::Unavailable;

const DEFAULT_CAPACITY: usize = 1 << 16;

/// So many locks that few callers wait for each other.
const STRIPES: usize = 64;

/// A [`ThrottleStore`] in memory, for one process: a bounded store, which a flood of names or networks makes stricter and not
/// forgetful.
///
/// Its clones are the same store. It answers at once, and keeps time by the monotonic clock alone.
///
/// It has room for 65,536 accounts that strangers have tried, 65,536 networks, and the known places of 16,384 accounts. When
/// the first two are full, a new account or network is counted in four shared places and judged by the emptiest of them. For
/// example, an account that meets other accounts there has fewer than 19 failures; it never has more. No repeat of a
/// password is found there, no neighbourhood has a share, and strangers are not stopped. An account keeps to the shared places
/// until they have forgotten it. [`shared_reservations`](Self::shared_reservations) says how often that was.
///
/// When there is no room for the known places of one more account, those of the account that was not used for longest are
/// forgotten, and its owner is a stranger at the next login. For example, an account holder whose user table takes thousands
/// of spellings for one name can push others out by logging in under each.
///
/// A restart forgets everything, stops too.
///
/// # Memory
///
/// It grows with use. A flood of names and networks takes up to 15 MB, and more of them take no more. The store takes at
/// most 24 MB with [`UnfamiliarLimit::bounded`](crate::store::UnfamiliarLimit::bounded), when 20 guesses at each of 65,536 accounts are
/// remembered and 16,384 owners each use 16 places; with [`open`](crate::store::UnfamiliarLimit::open), 43 MB.
///
/// # Example
///
/// ```
/// use tower_challenge::store::{
///     ClaimKey, MemoryThrottleStore, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleStore,
/// };
///
/// # fn main() -> Result<(), tower_challenge::Unavailable> {
/// let store = MemoryThrottleStore::new().with_capacity(0);
/// let guess = |tag| {
///     let attempt = ThrottleAttempt::new(ThrottleLimits::new());
///     attempt.for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), tag)
/// };
/// let reserve = |tag| store.reserve(&guess(tag)).try_now().expect("at once");
/// for tag in 1..=19 {
///     assert_eq!(reserve(tag)?.decision(), ThrottleDecision::Counted);
/// }
/// assert!(matches!(reserve(20)?.decision(), ThrottleDecision::Wait(_)), "however little room there is");
/// assert_eq!(store.shared_reservations(), 20, "each time the account had to share");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryThrottleStore(Arc<ThrottleMemory>);

/// Every step takes the locks that it needs in this order, at most one of each. So no two callers wait for each other.
struct ThrottleMemory {
    clock: Arc<dyn Clock>,
    capacity: usize,
    places: LockStripes<RecordTable<FamiliarRecord>>,
    networks: LockStripes<RecordTable<NetworkRecord>>,
    unfamiliar: LockStripes<RecordTable<UnfamiliarRecord>>,
    shared_moments: Mutex<SharedMoments>,
    shared_counts: Mutex<SharedCounts>,
    shared_reservations: AtomicU64,
}

impl MemoryThrottleStore {
    /// An empty store with room for 65,536 accounts and as many networks.
    #[must_use]
    pub fn new() -> Self {
        Self::build(DEFAULT_CAPACITY, Arc::new(SystemClock::new()))
    }

    /// An empty store with the same clock, and room for `accounts` accounts, as many networks, and the known places of a
    /// quarter as many accounts. Numbers are rounded up to a multiple of 64.
    #[must_use]
    pub fn with_capacity(self, accounts: usize) -> Self {
        Self::build(accounts, Arc::clone(&self.0.clock))
    }

    /// An empty store of the same capacity, which goes by `clock`.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::build(self.0.capacity, Arc::new(clock))
    }

    fn build(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        let each = capacity.div_ceil(STRIPES);
        let places = capacity.div_ceil(STRIPES * 4).max(1);
        Self(Arc::new(ThrottleMemory {
            clock,
            capacity: each.saturating_mul(STRIPES),
            places: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(places))),
            networks: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(each))),
            unfamiliar: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(each))),
            shared_moments: Mutex::new(SharedMoments::new()),
            shared_counts: Mutex::new(SharedCounts::new()),
            shared_reservations: AtomicU64::new(0),
        }))
    }

    /// For how many accounts there is room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// How many records there are: of accounts that strangers have tried, of networks, and of known places. Among them are
    /// such as nothing counts in any more. Looks at all locks.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        let unfamiliar = self.0.unfamiliar.all().map(|table| table.len());
        let networks = self.0.networks.all().map(|table| table.len());
        let places = self.0.places.all().map(|table| table.len());
        unfamiliar.chain(networks).chain(places).sum()
    }

    /// How many attempts had to be counted together with others: above 0, the store is too small for what it is asked, or
    /// under attack.
    #[must_use]
    pub fn shared_reservations(&self) -> u64 {
        self.0.shared_reservations.load(Ordering::Relaxed)
    }
}

impl ThrottleStore for MemoryThrottleStore {
    fn reserve(
        &self,
        attempt: &ThrottleAttempt,
    ) -> NowOrLater<Result<ThrottleReceipt, Unavailable>> {
        NowOrLater::now(self.0.reserve(attempt))
    }

    fn settle(
        &self,
        attempt: &ThrottleAttempt,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        NowOrLater::now(self.0.settle(attempt, settlement))
    }
}

impl Default for MemoryThrottleStore {
    fn default() -> Self {
        Self::new()
    }
}

shows! { impl[] MemoryThrottleStore[] as self {
    capacity: self.capacity(),
    shared_reservations: self.shared_reservations(),
} }
