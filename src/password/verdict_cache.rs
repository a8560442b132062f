//! Which passwords were right before.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use zeroize::{Zeroize, Zeroizing};

use super::hash::Fingerprint;
use crate::clock::{Clock, SystemClock};
use crate::config_error::ConfigError;

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
/// use tower_challenge::password::{Hashed, HashedAccounts, VerdictCache};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let cache = VerdictCache::new()?.lifetime(Duration::from_secs(60));
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// let accounts = HashedAccounts::new([("ada", hash)])?;
/// let verifier = Hashed::builder(accounts).cache(cache.clone(), "files").build()?;
/// assert_eq!(cache.held(), 0, "nobody has logged in yet");
/// # let _ = verifier;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct VerdictCache(Arc<Cache>);

struct Cache {
    key: Zeroizing<[u8; 32]>,
    sets: Box<[Mutex<Set>]>,
    lifetime: Duration,
    clock: Arc<dyn Clock>,
}

/// What shares a place.
type Set = [Option<Entry>; WAYS];

const WAYS: usize = 8;

#[derive(Clone, Copy)]
struct Entry {
    mac: Mac,
    /// The last moment at which it holds.
    until: Duration,
}

/// Which verdict: 128 bits that nobody can choose who does not have the key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Mac(u128);

const DEFAULT_CAPACITY: usize = 16_384;

const DEFAULT_LIFETIME: Duration = Duration::from_secs(600);

/// What is hashed on the stack.
const SHORT: usize = 256;

impl VerdictCache {
    /// An empty cache for 16,384 passwords, which takes half a MiB, and forgets each ten minutes after its last use.
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn new() -> Result<Self, ConfigError> {
        let mut key = Zeroizing::new([0; 32]);
        getrandom::fill(&mut *key).map_err(|_| ConfigError::new("no random octets to be had"))?;
        let clock = Arc::new(SystemClock::new());
        Ok(Self::build(key, DEFAULT_CAPACITY, DEFAULT_LIFETIME, clock))
    }

    /// An empty cache for as many passwords, rounded up to a multiple of eight. One for none remembers nothing.
    ///
    /// # Panics
    ///
    /// There cannot be memory for as many.
    #[must_use]
    pub fn capacity(self, passwords: usize) -> Self {
        let clock = Arc::clone(&self.0.clock);
        Self::build(self.0.key.clone(), passwords, self.0.lifetime, clock)
    }

    /// An empty cache that forgets a password so long after its last use.
    ///
    /// A verdict is about a password and a hash, and is as true tomorrow as it is today; what changes is the hash, which
    /// is looked up every time. The lifetime is for those who do not want to hold even a MAC of a password for longer.
    #[must_use]
    pub fn lifetime(self, lifetime: Duration) -> Self {
        let clock = Arc::clone(&self.0.clock);
        let capacity = self.0.sets.len() * WAYS;
        Self::build(self.0.key.clone(), capacity, lifetime, clock)
    }

    /// An empty cache that goes by `clock`: by how long it runs, not by what the wall shows.
    #[must_use]
    pub fn clock(self, clock: impl Clock) -> Self {
        let capacity = self.0.sets.len() * WAYS;
        let key = self.0.key.clone();
        Self::build(key, capacity, self.0.lifetime, Arc::new(clock))
    }

    fn build(
        key: Zeroizing<[u8; 32]>,
        capacity: usize,
        lifetime: Duration,
        clock: Arc<dyn Clock>,
    ) -> Self {
        let sets = capacity.div_ceil(WAYS);
        Self(Arc::new(Cache {
            key,
            sets: (0..sets).map(|_| Mutex::default()).collect(),
            lifetime,
            clock,
        }))
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.0.sets().for_each(|mut set| *set = Set::default());
    }

    /// The passwords that it remembers now.
    #[must_use]
    pub fn held(&self) -> usize {
        let now = self.0.clock.monotonic();
        let live =
            |set: MutexGuard<'_, Set>| set.iter().flatten().filter(|it| it.until >= now).count();
        self.0.sets().map(live).sum()
    }

    /// The key of a verdict.
    pub(super) fn mac(
        &self,
        realm: &str,
        user: &str,
        password: &str,
        fingerprint: &Fingerprint,
    ) -> Mac {
        let parts = [realm, user, password].map(str::as_bytes);
        let length = fingerprint.len() + parts.iter().map(|it| it.len() + 8).sum::<usize>();
        if length <= SHORT {
            self.mac_in(&mut [0; SHORT][..length], fingerprint, parts)
        } else {
            self.mac_in(&mut vec![0; length], fingerprint, parts)
        }
    }

    /// Writes the parts with their lengths into `buffer`, which is as long as all of them, and wipes it.
    fn mac_in(&self, buffer: &mut [u8], fingerprint: &Fingerprint, parts: [&[u8]; 3]) -> Mac {
        let (head, mut rest) = buffer.split_at_mut(fingerprint.len());
        head.copy_from_slice(fingerprint);
        for part in parts {
            let (length, after) = rest.split_at_mut(8);
            length.copy_from_slice(&(part.len() as u64).to_le_bytes());
            let (place, after) = after.split_at_mut(part.len());
            place.copy_from_slice(part);
            rest = after;
        }
        let hash = blake3::keyed_hash(&self.0.key, buffer);
        buffer.zeroize();
        let mut mac = [0; 16];
        mac.copy_from_slice(&hash.as_bytes()[..16]);
        Mac(u128::from_le_bytes(mac))
    }

    /// Whether a password was right before; if so, it is remembered for a lifetime more.
    pub(super) fn holds(&self, mac: Mac) -> bool {
        let now = self.0.clock.monotonic();
        let Some(mut set) = self.0.set(mac) else {
            return false;
        };
        // The MACs are compared as numbers: nobody can choose one to see how far it is right.
        let found = set.iter_mut().flatten().find(|entry| entry.mac == mac);
        let live = found.filter(|entry| entry.until >= now);
        live.map(|entry| entry.until = now.saturating_add(self.0.lifetime))
            .is_some()
    }

    /// Remembers that a password was right.
    pub(super) fn remember(&self, mac: Mac) {
        let now = self.0.clock.monotonic();
        let until = now.saturating_add(self.0.lifetime);
        if let Some(mut set) = self.0.set(mac) {
            // Its own place, or an empty one, or the one that is used least.
            let rank = |entry: &&mut Option<Entry>| match entry {
                Some(entry) if entry.mac == mac => (0, Duration::ZERO),
                None => (1, Duration::ZERO),
                Some(entry) => (2, entry.until),
            };
            if let Some(place) = set.iter_mut().min_by_key(rank) {
                *place = Some(Entry { mac, until });
            }
        }
    }
}

impl Cache {
    fn set(&self, Mac(mac): Mac) -> Option<MutexGuard<'_, Set>> {
        let place = mac.checked_rem(self.sets.len() as u128)?;
        self.sets.get(usize::try_from(place).ok()?).map(guard)
    }

    fn sets(&self) -> impl Iterator<Item = MutexGuard<'_, Set>> {
        self.sets.iter().map(guard)
    }
}

/// No step leaves a set half changed, so a panic elsewhere does not matter.
fn guard(set: &Mutex<Set>) -> MutexGuard<'_, Set> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

impl fmt::Debug for VerdictCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("VerdictCache")
            .field("held", &self.held())
            .finish_non_exhaustive()
    }
}
