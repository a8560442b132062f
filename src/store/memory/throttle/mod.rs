//! The throttle store in memory, for one process.

mod familiar;
mod shared;
mod step;
mod table;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use self::shared::{CountSketch, MomentSketch};
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

/// The number of locks. With so many, few callers wait for each other.
const STRIPES: usize = 64;

/// A [`ThrottleStore`] in memory, for one process. It is bounded: a flood of names or networks makes it stricter, but
/// it does not forget failures.
///
/// Its clones are the same store. It answers at once, and uses only the monotonic clock.
///
/// It has room for 65,536 accounts that unfamiliar locations have tried, 65,536 networks, and the familiar locations of
/// 16,384 accounts. When the first or the second table is full, the store counts a new account or network in four
/// shared slots of a table of fixed size, and judges it by the lowest count of the four. For example, an account that
/// shares slots with other accounts has at most 19 failures, and fewer if the other accounts fail too. In shared slots
/// the store finds no repeats of a password, does not limit a subnet to its share, and begins no lockout. An account
/// stays in the shared slots until they have forgotten it. [`shared_reservations`](Self::shared_reservations) counts
/// how often this has happened.
///
/// When the table of familiar locations is full, a new account replaces the account that was unused for the longest
/// time. The owner of that account is at an unfamiliar location at the next login. For example, if a user table accepts
/// thousands of spellings of one name, the user can displace other accounts by logging in under each spelling.
///
/// A restart forgets everything, including lockouts.
///
/// # Memory
///
/// The memory grows with use. A flood of names and networks takes up to 15 MB, and a larger flood takes no more. The
/// store takes at most 24 MB with [`UnfamiliarLimit::bounded`](crate::store::UnfamiliarLimit::bounded), when it
/// remembers 20 guesses at each of 65,536 accounts and 16,384 owners each use 16 locations. With
/// [`open`](crate::store::UnfamiliarLimit::open) it takes at most 43 MB.
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
/// assert!(matches!(reserve(20)?.decision(), ThrottleDecision::Wait(_)), "a store without room refuses early");
/// assert_eq!(store.shared_reservations(), 20, "the account had to share slots each time");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MemoryThrottleStore(Arc<ThrottleMemory>);

/// The tables and their locks. Every step takes the locks that it needs in the order of the fields, and at most one of
/// each table. So no two callers wait for each other.
struct ThrottleMemory {
    clock: Arc<dyn Clock>,
    capacity: usize,
    familiar: LockStripes<RecordTable<FamiliarRecord>>,
    networks: LockStripes<RecordTable<NetworkRecord>>,
    unfamiliar: LockStripes<RecordTable<UnfamiliarRecord>>,
    shared_moments: Mutex<MomentSketch>,
    shared_counts: Mutex<CountSketch>,
    shared_reservations: AtomicU64,
}

impl MemoryThrottleStore {
    /// Makes an empty store with room for 65,536 accounts and as many networks.
    #[must_use]
    pub fn new() -> Self {
        Self::build(DEFAULT_CAPACITY, Arc::new(SystemClock::new()))
    }

    /// Makes an empty store with the same clock, and room for `accounts` accounts, as many networks, and the familiar
    /// locations of a quarter as many accounts. Numbers are rounded up to a multiple of 64.
    #[must_use]
    pub fn with_capacity(self, accounts: usize) -> Self {
        Self::build(accounts, Arc::clone(&self.0.clock))
    }

    /// Makes an empty store of the same capacity, which uses `clock`.
    #[must_use]
    pub fn with_clock(self, clock: impl Clock) -> Self {
        Self::build(self.0.capacity, Arc::new(clock))
    }

    fn build(capacity: usize, clock: Arc<dyn Clock>) -> Self {
        let each = capacity.div_ceil(STRIPES);
        let familiar = capacity.div_ceil(STRIPES * 4).max(1);
        Self(Arc::new(ThrottleMemory {
            clock,
            capacity: each.saturating_mul(STRIPES),
            familiar: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(familiar))),
            networks: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(each))),
            unfamiliar: LockStripes::new((0..STRIPES).map(|_| RecordTable::new(each))),
            shared_moments: Mutex::new(MomentSketch::new()),
            shared_counts: Mutex::new(CountSketch::new()),
            shared_reservations: AtomicU64::new(0),
        }))
    }

    /// The number of accounts for which the store has room.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.0.capacity
    }

    /// The number of records: of accounts that unfamiliar locations have tried, of networks, and of familiar locations.
    /// It includes records that are idle. This locks each part of each table in turn.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        let unfamiliar = self.0.unfamiliar.all().map(|table| table.len());
        let networks = self.0.networks.all().map(|table| table.len());
        let familiar = self.0.familiar.all().map(|table| table.len());
        unfamiliar.chain(networks).chain(familiar).sum()
    }

    /// How many attempts the store has counted in slots that several accounts or networks share. Above 0, the store is
    /// too small for its load, or under attack.
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
