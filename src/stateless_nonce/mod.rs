//! Which nonces did this server hand out? It knows them again without remembering them.
//!
//! ```text
//! nonce      = base64url( key-id time identifier mac )        ; 52 characters
//! key-id     = 1 octet                                        ; which of the keys
//! time       = 6 octets                                       ; milliseconds since 1970
//! identifier = 16 octets                                      ; never twice, and nobody can guess the next
//! mac        = 16 octets                                      ; over the others, the epoch and the space
//! ```
//!
//! The space is the purpose of the nonce and what its scheme binds it to. So a nonce of Digest is none of another scheme,
//! under the same keys as well, and a nonce that was issued for weaker algorithms is none of a server that offers stronger
//! ones.
//!
//! The epoch is a number that changes when the store of used nonces loses its memory. The scheme asks its store for the
//! epoch, and claims the `identifier` there once everything else about the request has verified. This module looks into no
//! store.

mod keys;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

pub use self::keys::NonceKeys;

use self::keys::{NonceKey, first};
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::secret::same;

const TIME: usize = 6;
const IDENTIFIER: usize = 16;
const MAC: usize = 16;
const SIGNED: usize = 1 + TIME + IDENTIFIER;
const OCTETS: usize = SIGNED + MAC;

/// How long a nonce is, in characters.
pub(crate) const LENGTH: usize = OCTETS / 3 * 4;

/// How far the clocks of servers that share a key may differ.
const SKEW: Duration = Duration::from_secs(5);

/// What a nonce is bound to beside its key.
struct NonceSpace([u8; 16]);

/// Issues nonces for one purpose of one protection space, and knows its own again.
pub(crate) struct NonceIssuer {
    keys: NonceKeys,
    space: NonceSpace,
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
pub(crate) struct LiveNonce {
    /// What its uses are claimed under.
    pub(crate) identifier: [u8; IDENTIFIER],
    /// For how long it could still be presented, to any server that shares the key.
    pub(crate) remaining: Duration,
    /// Whether the client had better use another.
    pub(crate) ending: bool,
}

impl NonceIssuer {
    /// Nonces for `purpose`, which names the scheme and is another for every use of such nonces. `space` is what the scheme
    /// binds them to.
    pub(crate) fn new(
        keys: NonceKeys,
        purpose: &str,
        space: &[&[u8]],
        clock: Arc<dyn Clock>,
        lifetime: Duration,
    ) -> Result<Self, ConfigError> {
        Ok(Self {
            keys,
            space: NonceSpace::of(purpose, space),
            seed: Zeroizing::new(random()?),
            counter: AtomicU64::new(0),
            start: (since_1970(&*clock), clock.monotonic()),
            clock,
            lifetime,
        })
    }

    /// A new nonce, which is remembered nowhere.
    pub(crate) fn issue(&self, epoch: u64) -> [u8; LENGTH] {
        let mut octets = [0; OCTETS];
        let (signed, mac) = octets.split_at_mut(SIGNED);
        self.keys.with_current(|key| {
            let filled = self.fill(key.id);
            signed.copy_from_slice(&filled);
            mac.copy_from_slice(&self.mac(key, epoch, &filled));
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

    fn mac(&self, key: &NonceKey, epoch: u64, signed: &[u8; SIGNED]) -> [u8; MAC] {
        let mut message = [0; SIGNED + 8 + 16];
        message[..SIGNED].copy_from_slice(signed);
        message[SIGNED..SIGNED + 8].copy_from_slice(&epoch.to_be_bytes());
        message[SIGNED + 8..].copy_from_slice(&self.space.0);
        key.mac(&message)
    }

    /// The number that stands for the account with this secret where its nonces are claimed.
    pub(crate) fn holder(&self, secret: &[u8]) -> u64 {
        self.keys.with_current(|key| key.holder(secret))
    }

    /// Whether `text` is a nonce of ours that is still good. Ask it only of one whose proof was right.
    pub(crate) fn check(&self, text: &[u8], epoch: u64) -> Option<LiveNonce> {
        let signed = self.issued(text, epoch)?;
        let age = self.age(&signed)?;
        let remaining = self.lifetime.checked_sub(age)?;
        Some(LiveNonce {
            identifier: first(&signed[1 + TIME..]),
            remaining: remaining.saturating_add(2 * SKEW),
            ending: remaining < self.lifetime / 5,
        })
    }

    /// What is in `text`, if it is a nonce of ours, good or not. That it is tells nobody anything but what they were given.
    pub(crate) fn issued(&self, text: &[u8], epoch: u64) -> Option<[u8; SIGNED]> {
        let (signed, mac) = decode(text)?;
        let is_ours =
            |key: &NonceKey| key.id == signed[0] && same(&self.mac(key, epoch, &signed), &mac);
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

impl NonceSpace {
    /// A digest over the purpose and the parts, each with its length before it, so that none can pass for its neighbour.
    fn of(purpose: &str, parts: &[&[u8]]) -> Self {
        let mut hash = blake3::Hasher::new();
        for part in [purpose.as_bytes()].iter().chain(parts) {
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

shows! { impl[] NonceIssuer[] as self { lifetime: self.lifetime } }
