//! How does a server recognise its own nonces without storing them? Each nonce carries a MAC under a key of the server.
//!
//! ```text
//! nonce      = base64url( key-id time identifier mac )        ; 52 characters
//! key-id     = 1 byte                                         ; which of the keys made the MAC
//! time       = 6 bytes                                        ; milliseconds since 1970, when it was issued
//! identifier = 16 bytes                                       ; unique
//! mac        = 16 bytes                                       ; over the others, the epoch and the space
//! ```
//!
//! The space is the purpose of the nonce and the settings that its scheme binds it to. A nonce of Digest is therefore
//! not good for another scheme, even under the same keys. A nonce that was issued for weaker algorithms is not good for
//! a server that offers stronger ones.
//!
//! The space also has the lifetime. The store remembers a use for the lifetime of the server that admitted it. A server
//! with a longer lifetime would accept the nonce again once the store has forgotten it.
//!
//! The epoch is a number that changes when the store of used nonces loses its data. A nonce of an earlier epoch is not
//! good, since the store no longer knows whether it was used. The scheme asks its store for the epoch, and claims the
//! `identifier` there once everything else about the request has verified. This module does not use a store.
//!
//! An issuer makes the identifier from a counter. It hashes the counter with two keyed hashes of the standard library, so that a
//! client does not learn how many nonces there are. Then it adds a random number of its own, so that two processes with the same
//! keys make different identifiers. No promise rests on the quality of these hashes: the MAC keeps attackers from making
//! nonces, and the cipher of a sealed nonce tolerates a repeated identifier. A second keyed BLAKE3 hash in their place would
//! cost a fifth of a challenge.
//!
//! With [`NonceKeys::allow_replay_at_each_machine`], every server has a store and an epoch of its own. A nonce is then
//! bound to no epoch. In its place, a server accepts no nonce from before its start, whose uses it may have forgotten.
//!
//! A scheme can bind data to a nonce: the MAC then covers the data, too, and the client returns them beside the nonce.
//! For example, SCRAM binds the name of the user, so that the second request of an exchange cannot name another one.
//! A scheme can also seal the data, so that the client cannot read them. For example, Mutual seals the secret of a session.

#[cfg(feature = "scram")]
mod bound;
#[cfg(any(feature = "digest", feature = "dpop"))]
mod ending;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "scram"
))]
mod in_text;
#[cfg(any(feature = "mutual", feature = "scram"))]
mod issued;
mod keys;
#[cfg(feature = "mutual")]
mod sealed;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "scram"
))]
mod unbound;

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "scram"
))]
pub(crate) use self::in_text::LENGTH;
#[cfg(any(feature = "mutual", feature = "scram"))]
pub(crate) use self::issued::IssuedNonce;
pub use self::keys::NonceKeys;

use self::keys::first;
use crate::clock::{Clock, SteadyTime};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;

const TIME: usize = 6;
const IDENTIFIER: usize = 16;
const SIGNED: usize = 1 + TIME + IDENTIFIER;

/// The largest difference between the clocks of servers that share a key.
const SKEW: Duration = Duration::from_secs(5);

/// A hash of the purpose and the settings that a nonce is bound to, beside its key.
struct NonceDomain([u8; 16]);

/// Issues nonces for one purpose of one protection space, and recognises its own nonces.
pub(crate) struct NonceIssuer {
    keys: NonceKeys,
    space: NonceDomain,
    /// Keyed hashes that turn a counter into the halves of an identifier, so that clients do not learn how many nonces
    /// there are.
    halves: [(RandomState, u64); 2],
    counter: AtomicU64,
    time: SteadyTime,
    lifetime: Duration,
    /// The earliest time of a nonce that this server accepts, in milliseconds since 1970. It is zero if nonces are bound
    /// to an epoch.
    earliest: u64,
}

/// A nonce of this server that has not expired.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LiveNonce {
    /// The key under which the scheme claims its uses in the store.
    pub(crate) identifier: [u8; IDENTIFIER],
    /// How long a client could still use it at any server that shares the key, differences between their clocks
    /// included. The store must remember its uses that long.
    pub(crate) remaining: Duration,
}

impl NonceIssuer {
    /// Makes an issuer for `purpose`, a text that differs for every scheme and every use of such nonces. `space` holds
    /// the settings that the scheme binds its nonces to, beside the lifetime.
    pub(crate) fn new(
        keys: NonceKeys,
        purpose: &str,
        space: &[&[u8]],
        clock: Arc<dyn Clock>,
        lifetime: Duration,
    ) -> Result<Self, ConfigError> {
        let random = random()?;
        let of_process = |at: usize| u64::from_le_bytes(first(&random[at..]));
        let time = SteadyTime::new(clock);
        let at_each_machine = keys.at_each_machine();
        // A server whose clock is ahead may have issued a nonce of this time just before this one started.
        let earliest = time.since_1970().saturating_add(SKEW);
        Ok(Self {
            keys,
            space: NonceDomain::of(purpose, space, lifetime, at_each_machine),
            halves: [
                (RandomState::new(), of_process(0)),
                (RandomState::new(), of_process(8)),
            ],
            counter: AtomicU64::new(0),
            time,
            lifetime,
            earliest: if at_each_machine { millis(earliest) } else { 0 },
        })
    }

    /// Whether a nonce is good only in the epoch of the store in which it was issued. If so, its uses are claimed in that
    /// epoch.
    pub(crate) const fn binds_epoch(&self) -> bool {
        !self.keys.at_each_machine()
    }

    fn fill(&self, key_id: u8) -> [u8; SIGNED] {
        // The numbers only have to differ, so `Relaxed` suffices.
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        // In the first seconds, this server writes the first time that it accepts itself. It is in the future by no more
        // than the clock of another server may be behind.
        let time = self.now().max(self.earliest).to_be_bytes();
        let mut signed = [0; SIGNED];
        signed[0] = key_id;
        // The upper 2 of the 8 bytes are zero until the year 10889.
        signed[1..=TIME].copy_from_slice(&time[8 - TIME..]);
        let halves = signed[1 + TIME..].chunks_exact_mut(IDENTIFIER / 2);
        for (half, (hash, of_process)) in halves.zip(&self.halves) {
            half.copy_from_slice(&(hash.hash_one(number) ^ of_process).to_le_bytes());
        }
        signed
    }

    /// The number under which the store knows the account with this secret: a keyed hash.
    pub(crate) fn holder(&self, secret: &[u8]) -> u64 {
        self.keys.with_current(|key| key.holder(secret))
    }

    /// The nonce with this signed part, if it has not expired.
    #[inline]
    fn live(&self, signed: &[u8; SIGNED]) -> Option<LiveNonce> {
        let age = self.age(signed)?;
        let remaining = self.lifetime.checked_sub(age)?;
        Some(LiveNonce {
            identifier: first(&signed[1 + TIME..]),
            // A server whose clock is behind accepts the nonce for longer than this one does. The store has to remember
            // its uses until no server accepts it.
            remaining: remaining.saturating_add(2 * SKEW),
        })
    }

    /// How long ago the nonce was issued. `None` if its time is more than 5 seconds in the future, which no server with
    /// a right clock would write, or before the earliest time that this server accepts.
    fn age(&self, signed: &[u8; SIGNED]) -> Option<Duration> {
        let mut time = [0; 8];
        time[8 - TIME..].copy_from_slice(&signed[1..=TIME]);
        let issued = u64::from_be_bytes(time);
        let is_known = issued >= self.earliest;
        let issued = Duration::from_millis(issued);
        let now = Duration::from_millis(self.now());
        let early = issued.saturating_sub(now);
        (is_known && early <= SKEW).then(|| now.saturating_sub(issued))
    }

    /// Milliseconds since 1970.
    fn now(&self) -> u64 {
        millis(self.time.since_1970())
    }
}

fn millis(time: Duration) -> u64 {
    let seconds = time.as_secs().saturating_mul(1000);
    seconds.saturating_add(time.subsec_millis().into())
}

impl NonceDomain {
    /// Hashes the lifetime, and then the purpose and the parts, each after its length. Without the lengths, `ab` and `c`
    /// would hash like `a` and `bc`. The mark at the end cannot be mistaken for a part: its first 8 bytes would be a length
    /// that no part has.
    fn of(purpose: &str, parts: &[&[u8]], lifetime: Duration, at_each_machine: bool) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&lifetime.as_nanos().to_be_bytes());
        for part in [purpose.as_bytes()].iter().chain(parts) {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        if at_each_machine {
            hash.update(b"at each machine");
        }
        Self(first(hash.finalize().as_bytes()))
    }
}

shows! { impl[] NonceIssuer[] as self { lifetime: self.lifetime } }
