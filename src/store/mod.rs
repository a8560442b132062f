//! Stores that remember nonces, signatures and failed attempts between requests.
//!
//! Each operation of a store is **one atomic step**, wherever the store keeps its data. For example, a table in the
//! process takes a lock, and a shared engine such as Redis runs one command. There are two kinds of stores:
//!
//! - A [`ReplayStore`] remembers nonces and signatures that a client may use only once. A scheme asks it only after
//!   everything else about the request has verified, so attackers without credentials cannot make it grow. A store that
//!   is full or out of reach answers [`Unavailable`], and never that it has not seen a key. A store that has lost its
//!   data begins a new [epoch](StoreEpoch), and refuses the keys that were issued in the old one.
//! - A [`ThrottleStore`] counts attempts that failed. The throttle asks it before anything has verified, so it is
//!   bounded. When it is full, it counts several accounts together.
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
//! assert_eq!(claim(3)?, Claim::First, "a client may use the counts in any order");
//! assert_eq!(claim(1)?, Claim::NotFirst, "a replay");
//! # Ok(())
//! # }
//! ```

#[cfg(feature = "testing")]
pub mod conformance;
mod memory;
#[cfg(feature = "redis")]
mod redis;
mod throttle;

use std::sync::Arc;
use std::time::Duration;

pub use self::memory::{MemoryStore, MemoryThrottleStore};
#[cfg(all(
    feature = "redis",
    any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto")
))]
pub(crate) use self::redis::{LoggedRevocation, LoggedSince, RevocationLog, wake_on_messages};
#[cfg(feature = "redis")]
pub use self::redis::{RedisEvent, RedisHealth, RedisStore, RedisStoreBuilder};
pub use self::throttle::{
    BudgetKind, FamiliarDecision, FamiliarLimit, FamiliarRecord, FamiliarUpdate, NetworkLimit,
    NetworkRecord, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleReceipt,
    ThrottleRecords, ThrottleStore, UnfamiliarDecision, UnfamiliarLimit, UnfamiliarRecord,
};

use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::unavailable::Unavailable;

/// The largest count that [`ReplayStore::claim_count`] accepts. A client that reaches it gets a new nonce.
pub const MAX_COUNT: u32 = 4096;

/// The key of a claim: 128 bits that identify a nonce, a token or a signature. If this server issued it, the key also
/// has the [epoch](StoreEpoch) in which that happened.
///
/// No other use of the store may produce the same bits. For example, take the identifier within a nonce, or a keyed
/// hash over a length-prefixed realm, scheme and `jti`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ClaimKey {
    bytes: [u8; 16],
    epoch: Option<StoreEpoch>,
}

impl ClaimKey {
    /// Makes a key from these bytes. They must be spread evenly, as those of a keyed hash or a random number are.
    #[must_use]
    pub const fn new(bytes: [u8; 16]) -> Self {
        Self { bytes, epoch: None }
    }

    /// Adds the epoch in which this server issued the nonce or token. If the store is in another epoch when the key
    /// is claimed, it may have forgotten an earlier claim, so it does not grant the key.
    #[must_use]
    pub const fn issued_in(self, epoch: StoreEpoch) -> Self {
        Self {
            bytes: self.bytes,
            epoch: Some(epoch),
        }
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.bytes
    }

    /// The epoch in which this server issued the nonce or token, if it did.
    #[must_use]
    pub const fn epoch(&self) -> Option<StoreEpoch> {
        self.epoch
    }
}

/// The account that claims a key, as a number. All claims of one account have the same number, and different accounts
/// have different numbers.
///
/// A store with a capacity shares it among accounts by this number. The numbers must be spread evenly, and a client
/// must not be able to choose one: take the first eight bytes of a keyed hash. Digest and `SigV4` hash the secret of
/// the account, so that an account has one number however a client spells its name.
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

/// The answer of a store to a claim.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Claim {
    /// This is the first claim. The store grants it.
    First,
    /// There was, or may have been, a claim before: this is a replay, or the key is one of another epoch.
    NotFirst,
}

/// The epoch of a store: a number for its life. A store that has lost its data, wholly or in part, begins a new epoch,
/// and everything that was issued in the old one is stale.
///
/// For example, [`MemoryStore`] begins a new epoch with each restart of the process. Nonces that a client got before
/// the restart are then stale, because the store no longer knows which of them were used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreEpoch(u64);

impl StoreEpoch {
    /// The epoch with this tag.
    #[must_use]
    pub const fn new(tag: u64) -> Self {
        Self(tag)
    }

    /// The tag. Issuers protect it with the MAC of the nonces and tokens that they issue.
    #[must_use]
    pub const fn tag(self) -> u64 {
        self.0
    }
}

/// Remembers nonces with their counts, `jti` values and signatures, which a client may use only once.
///
/// Claim a key *after* everything else about the request has verified. Otherwise an attacker can use up the keys of
/// other clients. Let the claim last longer than the nonce or token is valid, because a request may be delayed between
/// the check of its age and the claim.
///
/// A key with an [epoch](ClaimKey::epoch) that is not the store's own is [`Claim::NotFirst`]. The store must find this
/// out in the same step as the claim, because it may lose its data between reading the epoch and claiming.
///
/// # A store with a capacity
///
/// A single account may log in a hundred thousand times. If a store let it fill the capacity, every other account would
/// get `503`. So a store grants a new key to an account that holds fewer keys than there are free places, and refuses
/// one to an account that holds as many or more. This has three consequences:
///
/// - Every account gets a new key while the store is less than half full. Above that, the store refuses the account
///   that holds most first.
/// - An account that is alone in the store gets half of the places. An account that holds no key gets one until no
///   place is left.
/// - The rule is for new keys only: any account can still claim further counts of a key that the store already holds.
///
/// For example, `guest` holds 50,000 of 100,000 places and is refused the next one. The other 50,000 are left for other
/// accounts: `ada`, who holds 10 keys, gets her eleventh.
///
/// A store that divides its places into parts may apply the rule to each part.
///
/// Every backend must pass the suite in [`conformance`](crate::store) (feature `testing`).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a replay store",
    note = "implement `ReplayStore` for it, or use `MemoryStore` or `RedisStore`"
)]
pub trait ReplayStore: Send + Sync + 'static {
    /// Claims `key` for `holder`, for at least `ttl`. Exactly one of all callers gets [`Claim::First`]. A shorter
    /// claim does not shorten a longer one.
    ///
    /// # Errors
    ///
    /// An error if the store cannot remember the claim, because it is full or `holder` has its share, or cannot
    /// decide, because it is out of reach. A claim whose outcome is unknown counts as made.
    fn claim_once(
        &self,
        key: ClaimKey,
        holder: ClaimHolder,
        ttl: Duration,
    ) -> NowOrLater<Result<Claim, Unavailable>>;

    /// Claims the number `count` of `key` for `holder`. For every number, exactly one of all callers gets
    /// [`Claim::First`], and the numbers may be claimed in any order. The store keeps the key for at least `ttl`
    /// after its latest claim.
    ///
    /// `count` runs from 1 to [`MAX_COUNT`]. The answer for any other count is [`Claim::NotFirst`].
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

    /// Returns the current epoch of the store.
    ///
    /// A scheme asks for it while it makes a challenge, and that cannot wait. So a backend in another process keeps
    /// the epoch that it saw last and answers with it at once. It asks again whenever it had to reconnect.
    ///
    /// # Errors
    ///
    /// An error if the store is out of reach and has never been seen.
    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>>;
}

forward! { Arc, Box: ReplayStore {
    fn claim_once(&self, key: ClaimKey, holder: ClaimHolder, ttl: Duration) -> NowOrLater<Result<Claim, Unavailable>>;
    fn claim_count(&self, key: ClaimKey, holder: ClaimHolder, count: u32, ttl: Duration) -> NowOrLater<Result<Claim, Unavailable>>;
    fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>>;
} }
