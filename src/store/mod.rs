//! What is remembered between requests.
//!
//! Each operation is **one atomic step**, wherever the memory lives: an in-process table takes a lock, a shared engine
//! runs one command. There are two kinds:
//!
//! - A [`ReplayStore`] remembers what may be used only once. It is asked only after everything else has verified, so
//!   strangers cannot make it grow. A full store and a lost store are [`Unavailable`], never "not seen".
//! - A [`ThrottleStore`] counts attempts that failed. It is asked before anything has verified, so it is bounded, and
//!   counts accounts together when it is full.
//!
//! ```
//! use std::time::Duration;
//! use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MemoryStore, ReplayStore};
//!
//! # fn main() -> Result<(), tower_challenge::Unavailable> {
//! let store = MemoryStore::new();
//! let (nonce, ada, time) = (ClaimKey::new([7; 16]), ClaimHolder::new(0xada), Duration::from_secs(300));
//! let claim = |count| store.claim_count(nonce, ada, count, time).try_now().expect("memory answers at once");
//! assert_eq!(claim(1)?, Claim::First);
//! assert_eq!(claim(3)?, Claim::First, "in any order");
//! assert_eq!(claim(1)?, Claim::NotFirst, "a replay");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "testing")]
pub mod conformance;
mod memory;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

pub use self::memory::{MemoryStore, MemoryThrottleStore};
pub use self::throttle::{
    BudgetKind, FamiliarDecision, FamiliarLimit, FamiliarRecord, FamiliarUpdate, NetworkLimit,
    NetworkRecord, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt,
    ThrottleRecords, ThrottleStore, UnfamiliarDecision, UnfamiliarLimit, UnfamiliarRecord,
};

use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// The largest count that [`ReplayStore::claim_count`] takes; a caller who gets there is given a new nonce.
pub const MAX_COUNT: u32 = 4096;

/// What is claimed: 128 bits that nobody else uses, such as the identifier within a nonce, or a keyed hash over a
/// length-prefixed realm, scheme and `jti`; and the epoch in which it was issued, if we issued it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    octets: [u8; 16],
    epoch: Option<StoreEpoch>,
}

impl ClaimKey {
    /// The key with these octets. They must be spread evenly, as those of a keyed hash or a random number are.
    #[must_use]
    pub const fn new(octets: [u8; 16]) -> Self {
        Self {
            octets,
            epoch: None,
        }
    }

    /// The key of what was issued in `epoch`. A store that is in another one by the time of the claim has forgotten whether
    /// it was claimed, and does not grant it.
    #[must_use]
    pub const fn issued_in(self, epoch: StoreEpoch) -> Self {
        Self {
            octets: self.octets,
            epoch: Some(epoch),
        }
    }

    /// The octets.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.octets
    }

    /// The epoch in which it was issued, if we issued it.
    #[must_use]
    pub const fn epoch(&self) -> Option<StoreEpoch> {
        self.epoch
    }
}

/// The account that claims a key, as a number: the same for every claim of one account, another for every other.
///
/// A store with a capacity shares it by this number. The numbers must be spread evenly, and nobody may be able to choose
/// one: take the first eight bytes of a keyed hash. Digest and `SigV4` hash the secret of the account, so that an account has
/// one number however a client spells its name.
///
/// # Example
///
/// ```
/// use tower_challenge::store::ClaimHolder;
///
/// let ada = ClaimHolder::new(0x6f0d_3a52_9be1_c784);
/// assert_eq!(ada, ClaimHolder::new(ada.tag()));
/// assert_ne!(ada, ClaimHolder::new(0));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimHolder(u64);

impl ClaimHolder {
    /// The account with this number.
    #[must_use]
    pub const fn new(tag: u64) -> Self {
        Self(tag)
    }

    /// The number.
    #[must_use]
    pub const fn tag(self) -> u64 {
        self.0
    }
}

/// Whether a claim was good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// Nobody had claimed it before.
    First,
    /// Somebody had, or may have: this is a replay, or the key is one of another epoch.
    NotFirst,
}

/// Which life a store is in. A store that has lost what it knew, wholly or in part, is in another one, and everything
/// that was issued under the old one is stale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreEpoch(u64);

impl StoreEpoch {
    /// The epoch with this tag.
    #[must_use]
    pub const fn new(tag: u64) -> Self {
        Self(tag)
    }

    /// The tag, which issuers put under the MAC of what they issue.
    #[must_use]
    pub const fn tag(self) -> u64 {
        self.0
    }
}

/// Remembers what may be used only once: a nonce and its count, a `jti`, a signature.
///
/// Claim *after* everything else about a request has verified, or a stranger can burn other people's keys. Claim for
/// longer than what the key belongs to is good: a request may be held up between the check of its age and the claim.
///
/// A key with an [epoch](ClaimKey::epoch) that is not the store's own is [`Claim::NotFirst`], found in the same step as the claim:
/// between reading the epoch and claiming, a store may lose its memory.
///
/// # A store with a capacity
///
/// One account may log in a hundred thousand times, so a store must not let it fill the capacity: then every other account
/// would get `503`. A store grants a new key to an account that holds fewer keys than there are places left, and refuses one to
/// an account that holds more. So every account gets in while the store is less than half full. Above that, the account that
/// holds most is refused first; an account alone gets half of the places, and a newcomer gets in until none is left. A key
/// that a store holds can be claimed as before, whoever holds it.
///
/// For example, of 100,000 places `guest` holds 50,000 and is refused the next one. 50,000 are left for others: `ada`, who
/// holds 10, gets her eleventh.
///
/// A store that divides its places into parts may apply the rule to each part.
///
/// Every backend must pass the suite in [`conformance`](crate::store) (feature `testing`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a store of what was used before",
    note = "implement `ReplayStore` for it; `MemoryStore` is one"
)]
pub trait ReplayStore: Send + Sync + 'static {
    /// Claims `key` for `holder` and at least `ttl`: [`Claim::First`] for exactly one of all callers. A shorter claim does
    /// not shorten a longer one.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store cannot remember the claim (it is full, or `holder` has its share) or cannot tell
    /// (it is out of reach).
    /// A claim whose outcome is unknown counts as made.
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>>;

    /// Claims the number `count` of `key` for `holder`: [`Claim::First`] for exactly one of all callers, for every number, in any
    /// order. The key is kept for at least `ttl` from its latest claim.
    ///
    /// `count` runs from 1 to [`MAX_COUNT`]; any other is [`Claim::NotFirst`].
    ///
    /// # Errors
    ///
    /// As for [`claim_once`](Self::claim_once).
    fn claim_count(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        count: u32,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>>;

    /// The epoch.
    ///
    /// Issuing a challenge cannot wait. A backend in another process keeps the epoch it saw last, answers with it at
    /// once, and looks again whenever it had to reconnect.
    ///
    /// # Errors
    ///
    /// The answer is an error when the store is out of reach and has never been seen.
    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>>;
}

forward! { Arc, Box: ReplayStore {
    fn claim_once(&self, key: ClaimKey, holder: ClaimHolder, ttl: Duration) -> NowOrLater<Result<Claim, Unavailable>>;
    fn claim_count(&self, key: ClaimKey, holder: ClaimHolder, count: u32, ttl: Duration) -> NowOrLater<Result<Claim, Unavailable>>;
    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>>;
} }
