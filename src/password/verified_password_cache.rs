//! Which passwords were right before.

use std::sync::Arc;
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use super::hash::HashFingerprint;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::set_cache::{CacheTag, SetCache};

/// Remembers right passwords, so that a slow hash is computed once for each and not for every request. Its clones are the
/// same cache.
///
/// Nothing is kept that a password could be read from: the key is a MAC, under a random key of this process, over the
/// realm, the user, the password, and the hash it was compared with, each with its length. So another realm, another user,
/// and a hash that has changed are other keys: **a changed password is wrong at once**. Whether an account may log in at
/// all is not remembered, but asked every time.
///
/// Wrong passwords are not remembered. Nobody who has none that is right puts anything in, or pushes anything out.
///
/// # Memory
///
/// 32 octets for each password there is room for, from the start. When there is no more room, the one that has not been
/// used for longest goes, among the eight that share its place.
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
/// assert_eq!(cache.entry_count(), 0, "nobody has logged in yet");
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VerifiedPasswordCache(Arc<CacheInner>);

struct CacheInner {
    settings: CacheSettings,
    /// The last moment at which each verdict holds.
    verdicts: SetCache<PasswordMac, Duration, WAYS>,
}

#[derive(Clone)]
struct CacheSettings {
    key: Zeroizing<[u8; 32]>,
    capacity: usize,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

const WAYS: usize = 8;

/// Which verdict: 128 bits that nobody can choose who does not have the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct PasswordMac(u128);

const DEFAULT_CAPACITY: usize = 16_384;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// What is hashed on the stack.
const SHORT: usize = 256;

impl VerifiedPasswordCache {
    /// An empty cache for 16,384 passwords, which takes half a MiB, and forgets each ten minutes after its last use.
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn new() -> Result<Self, ConfigError> {
        Ok(Self::with(CacheSettings {
            key: Zeroizing::new(random()?),
            capacity: DEFAULT_CAPACITY,
            lifetime: DEFAULT_LIFETIME,
            clock: Arc::new(SystemClock::new()),
        }))
    }

    /// An empty cache for as many passwords, rounded up to a multiple of eight. One for none remembers nothing.
    ///
    /// # Panics
    ///
    /// There cannot be memory for as many.
    #[must_use]
    pub fn capacity(self, passwords: usize) -> Self {
        self.change(|settings| settings.capacity = passwords)
    }

    /// An empty cache that forgets a password so long after its last use.
    ///
    /// A verdict is about a password and a hash, and is as true tomorrow as it is today; what changes is the hash, which
    /// is looked up every time. The lifetime is for those who do not want to hold even a MAC of a password for longer.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        self.change(|settings| settings.lifetime = lifetime)
    }

    /// An empty cache that goes by `clock`: by how long it runs, not by what the wall shows.
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

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.verdicts.clear();
    }

    /// The passwords that it remembers now.
    #[must_use]
    pub fn entry_count(&self) -> usize {
        let now = self.0.settings.clock.monotonic();
        self.0.verdicts.count(|until| *until >= now)
    }

    /// The key of a verdict.
    pub(super) fn mac(
        &self,
        realm: &str,
        user: &str,
        password: &str,
        fingerprint: &HashFingerprint,
    ) -> PasswordMac {
        let parts = [realm, user, password].map(str::as_bytes);
        let length = fingerprint.len() + parts.iter().map(|it| it.len() + 8).sum::<usize>();
        if length <= SHORT {
            self.mac_in(&mut [0; SHORT][..length], fingerprint, parts)
        } else {
            self.mac_in(&mut vec![0; length], fingerprint, parts)
        }
    }

    /// Writes the parts with their lengths into `buffer`, which is as long as all of them, and wipes it.
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
            let (place, after) = after.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = after;
        }
        let hash = blake3::keyed_hash(&self.0.settings.key, buffer);
        buffer.zeroize();
        let mut mac = [0; 16];
        mac.copy_from_slice(&hash.as_bytes()[..16]);
        PasswordMac(u128::from_le_bytes(mac))
    }

    /// Whether a password was right before; if so, it is remembered for a lifetime more.
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
    fn lifetime_from_now(&self) -> (Duration, Duration) {
        let now = self.clock.monotonic();
        (now, now.saturating_add(self.lifetime))
    }
}

impl CacheTag for PasswordMac {
    fn spread(&self) -> u64 {
        (self.0 >> 64) as u64
    }

    /// As numbers: nobody can choose a MAC to see how far it is right.
    fn is(&self, other: &Self) -> bool {
        self == other
    }
}

shows! { impl[] VerifiedPasswordCache[] as self { held: self.entry_count() } }
