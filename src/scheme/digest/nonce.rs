//! Nonces that need no memory until they are used.
//!
//! ```text
//! nonce      = base64url( key-id time identifier mac )        ; 52 characters
//! key-id     = 1 octet                                        ; which of the keys
//! time       = 6 octets                                       ; milliseconds since 1970
//! identifier = 16 octets                                      ; never twice, and nobody can guess the next
//! mac        = 16 octets                                      ; over the others, the epoch of the store and the space
//! ```
//!
//! The space is the realm, the algorithms and the qualities of protection that are offered, and how uses are counted; so that
//! a nonce of another realm, one that was issued with weaker algorithms, or one whose uses another server counts in another
//! way, is none of ours.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::{Zeroize, Zeroizing};

use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::random::random;
use crate::secret::same;
use crate::store::{Epoch, Holder, Key};

const TIME: usize = 6;
const IDENTIFIER: usize = 16;
const MAC: usize = 16;
const SIGNED: usize = 1 + TIME + IDENTIFIER;
const OCTETS: usize = SIGNED + MAC;

/// How long a nonce is, in characters.
pub(super) const LENGTH: usize = OCTETS / 3 * 4;

/// How far the clocks of servers that share a key may differ.
const SKEW: Duration = Duration::from_secs(5);

/// The keys under which nonces are issued: a current one, and the one before it, whose nonces are still good.
///
/// Without it, a [`Digest`](super::Digest) makes a key of its own, and its nonces are stale after a restart. Servers that
/// answer for each other share a key, and a store, and clocks that agreed to within 5 seconds when each was started; else
/// they find each other's nonces stale. A clone is the same set of keys.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::digest::NonceKeys;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let keys = NonceKeys::new([7; 32])?;
/// let kept = keys.clone(); // one goes into the `Digest`, and this one is kept
/// kept.rotate([8; 32])?; // a day later
/// assert!(kept.rotate([0; 32]).is_err(), "a key that was not loaded");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct NonceKeys(Arc<RwLock<Ring>>);

struct Ring {
    current: NonceKey,
    previous: Option<NonceKey>,
}

struct NonceKey {
    /// Tells keys apart without telling anything about them.
    id: u8,
    key: [u8; 32],
}

impl Drop for NonceKey {
    fn drop(&mut self) {
        self.key.zeroize();
    }
}

impl NonceKey {
    fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        if key == [0; 32] {
            return Err(ConfigError::new("the nonce key is zero: it was not loaded"));
        }
        let id = blake3::keyed_hash(&key, b"tower-challenge nonce key id").as_bytes()[0];
        Ok(Self { id, key })
    }

    /// By what a store knows the account with this secret. Servers that share a store share the key, and whoever reads the
    /// store learns nothing about the secret.
    fn holder(&self, secret: &[u8]) -> Holder {
        let mut hash = blake3::Hasher::new_keyed(&self.key);
        hash.update(b"tower-challenge holder").update(secret);
        Holder::new(u64::from_le_bytes(first(hash.finalize().as_bytes())))
    }

    fn mac(&self, space: &Space, epoch: Epoch, signed: &[u8; SIGNED]) -> [u8; MAC] {
        let mut message = [0; SIGNED + 8 + 16];
        message[..SIGNED].copy_from_slice(signed);
        message[SIGNED..SIGNED + 8].copy_from_slice(&epoch.tag().to_be_bytes());
        message[SIGNED + 8..].copy_from_slice(&space.0);
        first(blake3::keyed_hash(&self.key, &message).as_bytes())
    }
}

impl NonceKeys {
    /// Issues under `key`: 32 random octets.
    ///
    /// # Errors
    ///
    /// They are all zero: the key was not loaded.
    pub fn new(key: [u8; 32]) -> Result<Self, ConfigError> {
        Ok(Self(Arc::new(RwLock::new(Ring {
            current: NonceKey::new(key)?,
            previous: None,
        }))))
    }

    /// Issues under a key of this process alone.
    ///
    /// # Errors
    ///
    /// The operating system has no random octets to give.
    pub fn random() -> Result<Self, ConfigError> {
        Self::new(random()?)
    }

    /// Issues under `key` from now on. The nonces of the key before stay good; those of the one before that are stale.
    ///
    /// # Errors
    ///
    /// As for [`new`](Self::new). The keys stay as they are.
    pub fn rotate(&self, key: [u8; 32]) -> Result<(), ConfigError> {
        let key = NonceKey::new(key)?;
        let mut ring = self.0.write().unwrap_or_else(PoisonError::into_inner);
        ring.previous = Some(std::mem::replace(&mut ring.current, key));
        Ok(())
    }

    /// Applies `f` to the current key.
    fn with_current<T>(&self, f: impl FnOnce(&NonceKey) -> T) -> T {
        f(&self
            .0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .current)
    }

    /// Whether one of the keys satisfies `f`.
    fn any(&self, f: impl Fn(&NonceKey) -> bool) -> bool {
        let ring = self.0.read().unwrap_or_else(PoisonError::into_inner);
        f(&ring.current) || ring.previous.as_ref().is_some_and(f)
    }
}

impl fmt::Debug for NonceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NonceKeys").finish_non_exhaustive()
    }
}

/// What a nonce is bound to beside its key.
struct Space([u8; 16]);

/// Issues nonces for one protection space, and knows its own again.
pub(super) struct Nonces {
    keys: NonceKeys,
    space: Space,
    /// Makes identifiers of a counter that nobody sees.
    seed: Zeroizing<[u8; 32]>,
    counter: AtomicU64,
    clock: Arc<dyn Clock>,
    /// What the clocks said when this began: milliseconds since 1970, and since whenever. From here on time is measured: a
    /// step of the wall clock neither ends nor prolongs the life of a nonce.
    start: (u64, Duration),
    lifetime: Duration,
}

/// A nonce of ours that is still good.
#[derive(Clone, Copy, Debug)]
pub(super) struct Live {
    /// What its counts are claimed under.
    pub(super) key: Key,
    /// For how long it could still be presented, to any server that shares the key.
    pub(super) remaining: Duration,
    /// Whether the client had better use another.
    pub(super) ending: bool,
}

impl Nonces {
    pub(super) fn new(
        keys: NonceKeys,
        space: &[&[u8]],
        clock: Arc<dyn Clock>,
        lifetime: Duration,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            keys,
            space: Space::of(space),
            seed: Zeroizing::new(random()?),
            counter: AtomicU64::new(0),
            start: (since_1970(&*clock), clock.monotonic()),
            clock,
            lifetime,
        })
    }

    /// A new nonce, which is remembered nowhere.
    pub(super) fn issue(&self, epoch: Epoch) -> [u8; LENGTH] {
        let mut octets = [0; OCTETS];
        let (signed, mac) = octets.split_at_mut(SIGNED);
        self.keys.with_current(|key| {
            let filled = self.fill(key.id);
            signed.copy_from_slice(&filled);
            mac.copy_from_slice(&key.mac(&self.space, epoch, &filled));
        });
        let mut text = [0; LENGTH];
        // 39 octets are 52 characters: there is room for exactly that.
        let written = URL_SAFE_NO_PAD.encode_slice(octets, &mut text);
        debug_assert_eq!(written.ok(), Some(LENGTH));
        text
    }

    fn fill(&self, key_id: u8) -> [u8; SIGNED] {
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let identifier = blake3::keyed_hash(&self.seed, &number.to_le_bytes());
        let time = self.now().to_be_bytes();
        let mut signed = [0; SIGNED];
        signed[0] = key_id;
        signed[1..=TIME].copy_from_slice(&time[8 - TIME..]);
        signed[1 + TIME..].copy_from_slice(&identifier.as_bytes()[..IDENTIFIER]);
        signed
    }

    /// By what a store knows the account with this secret.
    pub(super) fn holder(&self, secret: &[u8]) -> Holder {
        self.keys.with_current(|key| key.holder(secret))
    }

    /// Whether `text` is a nonce of ours that is still good. Ask it only of one whose digest was right.
    pub(super) fn check(&self, text: &[u8], epoch: Epoch) -> Option<Live> {
        let signed = self.issued(text, epoch)?;
        let age = self.age(&signed)?;
        let remaining = self.lifetime.checked_sub(age)?;
        Some(Live {
            key: Key::new(first(&signed[1 + TIME..])),
            remaining: remaining.saturating_add(2 * SKEW),
            ending: remaining < self.lifetime / 5,
        })
    }

    /// What is in `text`, if it is a nonce of ours, good or not. That it is tells nobody anything but what they were given.
    pub(super) fn issued(&self, text: &[u8], epoch: Epoch) -> Option<[u8; SIGNED]> {
        let (signed, mac) = decode(text)?;
        let is_ours = |key: &NonceKey| {
            key.id == signed[0] && same(&key.mac(&self.space, epoch, &signed), &mac)
        };
        self.keys.any(is_ours).then_some(signed)
    }

    /// How long ago a nonce was issued; `None` if that is still to come.
    fn age(&self, signed: &[u8; SIGNED]) -> Option<Duration> {
        let mut time = [0; 8];
        time[8 - TIME..].copy_from_slice(&signed[1..=TIME]);
        let issued = Duration::from_millis(u64::from_be_bytes(time));
        let now = Duration::from_millis(self.now());
        let early = issued.saturating_sub(now);
        (early <= SKEW).then(|| now.saturating_sub(issued))
    }

    /// Milliseconds since 1970, measured from the start.
    fn now(&self) -> u64 {
        let (start, monotonic) = self.start;
        let elapsed = self.clock.monotonic().saturating_sub(monotonic);
        start.saturating_add(millis(elapsed))
    }
}

fn since_1970(clock: &dyn Clock) -> u64 {
    let wall = clock.wall().duration_since(SystemTime::UNIX_EPOCH);
    millis(wall.unwrap_or_default())
}

fn millis(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1000);
    seconds.saturating_add(time.subsec_millis().into())
}

impl Space {
    /// A digest over the parts, each with its length before it, so that none can pass for its neighbour.
    fn of(parts: &[&[u8]]) -> Self {
        let mut hash = blake3::Hasher::new();
        for part in parts {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        Self(first(hash.finalize().as_bytes()))
    }
}

fn decode(text: &[u8]) -> Option<([u8; SIGNED], [u8; MAC])> {
    let mut octets = [0; OCTETS];
    let text = (text.len() == LENGTH).then_some(text)?;
    URL_SAFE_NO_PAD.decode_slice(text, &mut octets).ok()?;
    let (signed, mac) = octets.split_at(SIGNED);
    Some((first(signed), first(mac)))
}

/// The first `N` octets; zeros where there are fewer.
fn first<const N: usize>(octets: &[u8]) -> [u8; N] {
    let mut first = [0; N];
    for (to, from) in first.iter_mut().zip(octets) {
        *to = *from;
    }
    first
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Nonces")
            .field("lifetime", &self.lifetime)
            .finish_non_exhaustive()
    }
}
