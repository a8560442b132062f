//! A cache of passwords that were right.

use std::sync::Arc;
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use super::hash::HashFingerprint;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::secret::Secret;
use crate::set_cache::{CacheTag, SetCache};

/// Remembers which passwords were right, so that the server computes a slow hash once per password and not for every
/// request. A clone shares the cache.
///
/// The cache holds no password. Each entry is a MAC over the realm, the user, the password, and the hash that the
/// password was compared with. The key of the MAC is random and belongs to this process. Another realm, another user or
/// a changed hash gives another MAC, so **an old password is refused as soon as its hash changes**. The cache does not
/// remember whether an account may log in: the verifier checks that for every request.
///
/// The cache does not remember wrong passwords. A client without a right password cannot add an entry, and cannot evict
/// one.
///
/// # Memory
///
/// The cache allocates 32 bytes per password of its capacity when it is created. Entries are stored in sets of eight.
/// When a set is full, a new entry evicts the entry of that set that was not used for the longest time.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::password::{HashedPasswords, HashedAccounts, VerifiedPasswordCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = VerifiedPasswordCache::new()?.lifetime(Duration::from_secs(60));
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// let accounts = HashedAccounts::new([("ada", hash)])?;
/// let verifier = HashedPasswords::builder(accounts).cache(cache.clone(), "files").build()?;
/// assert_eq!(cache.entry_count(), 0, "no user has logged in yet");
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VerifiedPasswordCache(Arc<CacheInner>);

struct CacheInner {
    settings: CacheSettings,
    /// The MAC of each right password, and the time until which the entry is valid.
    verdicts: SetCache<PasswordMac, Duration, WAYS>,
}

#[derive(Clone)]
struct CacheSettings {
    key: Zeroizing<[u8; 32]>,
    capacity: usize,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

/// How many entries one set has.
const WAYS: usize = 8;

/// The MAC of one entry, 128 bits. A client that does not have the key cannot choose its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PasswordMac(u128);

const DEFAULT_CAPACITY: usize = 16_384;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// Input of up to this many bytes is hashed in a buffer on the stack. Longer input needs an allocation.
const SHORT: usize = 256;

impl VerifiedPasswordCache {
    /// Creates an empty cache for 16,384 passwords, which takes half a MiB. It forgets a password ten minutes after its
    /// last use.
    ///
    /// # Errors
    ///
    /// The system random number generator failed.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self::with(CacheSettings {
            key: Zeroizing::new(random()?),
            capacity: DEFAULT_CAPACITY,
            lifetime: DEFAULT_LIFETIME,
            clock: Arc::new(SystemClock::new()),
        }))
    }

    /// Replaces the cache by an empty cache for this many passwords, rounded up to a multiple of eight. A cache for 0
    /// passwords remembers nothing.
    ///
    /// # Panics
    ///
    /// The memory for that many passwords cannot be allocated.
    #[must_use]
    pub fn capacity(self, passwords: usize) -> Self {
        self.change(|settings| settings.capacity = passwords)
    }

    /// Replaces the cache by an empty cache that forgets a password this long after its last use. The default is ten
    /// minutes.
    ///
    /// A long lifetime is safe: a password that has a given hash today has it tomorrow, and the verifier looks up the
    /// current hash for every request. Set a shorter lifetime if even the MAC of a password must not stay in memory.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        self.change(|settings| settings.lifetime = lifetime)
    }

    /// Replaces the cache by an empty cache that measures lifetimes with the monotonic time of `clock`. A step of the
    /// wall clock has no effect.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        self.change(|settings| settings.clock = Arc::new(clock))
    }

    fn change(self, change: impl FnOnce(&mut CacheSettings)) -> Self {
        let mut settings = self.0.settings.clone();
        change(&mut settings);
        Self::with(settings)
    }

    fn with(settings: CacheSettings) -> Self {
        let verdicts = SetCache::new(settings.capacity);
        Self(Arc::new(CacheInner { settings, verdicts }))
    }

    /// Removes all entries. The next request of each user costs a hash again.
    pub fn clear(&self) {
        self.0.verdicts.clear();
    }

    /// How many passwords the cache remembers now.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        let now = self.0.settings.clock.monotonic();
        self.0.verdicts.count(|until| *until >= now)
    }

    /// Computes the MAC that `password` is remembered under.
    pub(super) fn mac(
        &self,
        realm: &str,
        user: &str,
        password: Secret<'_>,
        fingerprint: &HashFingerprint,
    ) -> PasswordMac {
        let parts = [realm.as_bytes(), user.as_bytes(), password.expose_bytes()];
        let length = fingerprint.len() + parts.iter().map(|part| part.len() + 8).sum::<usize>();
        if length <= SHORT {
            self.mac_in(&mut [0; SHORT][..length], fingerprint, parts)
        } else {
            self.mac_in(&mut vec![0; length], fingerprint, parts)
        }
    }

    /// Computes the MAC over the fingerprint and the parts. `buffer` has to be as long as all of them together; it is
    /// wiped afterwards, because it holds the password.
    ///
    /// A length precedes each part. Without it, user `ab` with password `c` and user `a` with password `bc` would share
    /// a MAC.
    fn mac_in(
        &self,
        buffer: &mut [u8],
        fingerprint: &HashFingerprint,
        parts: [&[u8]; 3],
    ) -> PasswordMac {
        let (head, mut rest) = buffer.split_at_mut(fingerprint.len());
        head.copy_from_slice(fingerprint);
        for part in parts {
            let (length, after) = rest.split_at_mut(8);
            length.copy_from_slice(&(part.len() as u64).to_le_bytes());
            let (text, after) = after.split_at_mut(part.len());
            text.copy_from_slice(part);
            rest = after;
        }
        let hash = blake3::keyed_hash(&self.0.settings.key, buffer);
        buffer.zeroize();
        let mut mac = [0; 16];
        mac.copy_from_slice(&hash.as_bytes()[..16]);
        PasswordMac(u128::from_le_bytes(mac))
    }

    /// Whether a password was right before. If it was, its lifetime starts again.
    pub(super) fn holds(&self, mac: PasswordMac) -> bool {
        let (now, next) = self.0.settings.lifetime_from_now();
        let prolong = |until: &mut Duration| (*until >= now).then(|| *until = next);
        self.0.verdicts.find(&mac, prolong).is_some()
    }

    /// Remembers that a password was right.
    pub(super) fn remember(&self, mac: PasswordMac) {
        let (_, until) = self.0.settings.lifetime_from_now();
        self.0.verdicts.keep(mac, until);
    }
}

impl CacheSettings {
    /// The current time, and the time at which an entry that is used now expires.
    fn lifetime_from_now(&self) -> (Duration, Duration) {
        let now = self.clock.monotonic();
        (now, now.saturating_add(self.lifetime))
    }
}

impl CacheTag for PasswordMac {
    fn spread(&self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// Compares without constant time. A client cannot choose the bits of a MAC, so the time tells it nothing.
    fn is(&self, other: &Self) -> bool {
        self == other
    }
}

shows! { impl[] VerifiedPasswordCache[] as self { held: self.entry_count() } }
