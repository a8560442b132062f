//! How does a client that has logged in before log in again with one request? RFC 7804 section 5.1 calls it
//! reauthentication.
//!
//! ```text
//! sr    = "s" nonce                  ; in each challenge: a nonce of the server, which the server does not store
//! r     = client-nonce count sr      ; in the message of the client: the count is in decimal
//! ```
//!
//! The RFC does not say how the server finds out which user sends the message. Here the client sends the sid of an earlier
//! exchange with it. The sid holds the first message of that exchange under a MAC, and so the user and the nonce of the
//! client. It proves nothing: the proof in the message does.
//!
//! The count starts with the iterations of the account, and the client adds one after each success. The store claims each
//! count once for the `sr` and the first message of the client. The proof covers both. It does not cover the sid, and
//! anybody who has seen the first message can get another sid for it. `sr` begins with a letter, so that its digits are not
//! taken for digits of the count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;

use super::message::number;
use crate::clock::Clock;
use crate::config_error::ConfigError;
use crate::header::Challenge;
use crate::stateless_nonce::{LiveNonce, NonceIssuer, NonceKeys};
use crate::store::{ClaimKey, ReplayStore, StoreEpoch};

/// The first character of `sr`.
const PREFIX: char = 's';

/// Offers the reauthentication in the challenges, and recognises its nonces.
pub(super) struct Reauthentication {
    nonces: NonceIssuer,
    /// The lifetime of a nonce, as the parameter `ttl`.
    ttl: String,
    /// The latest epoch that the store has told. A challenge must not wait for the store, so its nonce is issued under
    /// this epoch.
    epoch: AtomicU64,
}

/// The part of the nonce that a client sends with a reauthentication, behind its own nonce.
#[derive(Clone)]
pub(super) struct RepeatedUse {
    pub(super) count: u32,
    /// The nonce of the server, without its first character.
    pub(super) nonce: String,
}

impl Reauthentication {
    /// `space` holds the realm and the mechanism.
    pub(super) fn new(
        keys: NonceKeys,
        space: &[&[u8]],
        clock: Arc<dyn Clock>,
        lifetime: Duration,
    ) -> Result<Self, ConfigError> {
        if lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "the lifetime for reauthentication is too short: set at least 1 second",
            ));
        }
        Ok(Self {
            nonces: NonceIssuer::new(keys, "scram reauthentication", space, clock, lifetime)?,
            ttl: lifetime.as_secs().to_string(),
            epoch: AtomicU64::new(0),
        })
    }

    /// Adds `sr` and `ttl` to a challenge. The store may update the epoch if it answers at once.
    pub(super) fn offer(&self, challenge: &Challenge, store: &dyn ReplayStore) -> Challenge {
        if let Ok(Ok(epoch)) = store.epoch().try_now() {
            self.remember_epoch(epoch);
        }
        self.add(challenge, "")
    }

    /// Also adds `stale=true`: the client has proved the password, and may try again with the new `sr`.
    pub(super) fn offer_again(&self, challenge: &Challenge, epoch: StoreEpoch) -> Challenge {
        self.remember_epoch(epoch);
        self.add(challenge, ", stale=true")
    }

    /// The nonce, if it is from this server, was issued in this epoch and has not expired. Call it only after the proof has
    /// verified.
    pub(super) fn live(&self, repeated: &RepeatedUse, epoch: StoreEpoch) -> Option<LiveNonce> {
        self.nonces.check(repeated.nonce.as_bytes(), epoch.tag())
    }

    fn remember_epoch(&self, epoch: StoreEpoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }

    fn add(&self, challenge: &Challenge, stale: &str) -> Challenge {
        let nonce = self.nonces.issue(self.epoch.load(Ordering::Relaxed));
        let nonce = String::from_utf8_lossy(&nonce);
        let params = format!(", sr=\"{PREFIX}{nonce}\", ttl={}{stale}", self.ttl);
        let value = [challenge.as_value().as_bytes(), params.as_bytes()].concat();
        // This cannot fail: a nonce is base64url.
        HeaderValue::from_maybe_shared(Bytes::from(value))
            .map_or_else(|_| challenge.clone(), Challenge::from_rendered)
    }
}

/// The key under which the store claims the counts for the nonce `live` and the first message `first` of a client.
///
/// It is a hash without a secret, so that servers that share a store compute the same one. The identifier has a fixed
/// length, so no other pair hashes alike.
pub(super) fn count_key(live: &LiveNonce, first: &str) -> ClaimKey {
    let mut hash = blake3::Hasher::new_derive_key("tower-challenge 2026 counts of SCRAM");
    hash.update(&live.identifier).update(first.as_bytes());
    let mut key = [0; 16];
    hash.finalize_xof().fill(&mut key);
    ClaimKey::new(key)
}

impl RepeatedUse {
    /// Reads what stands behind the nonce of the client.
    pub(super) fn read(server_part: &str) -> Option<Self> {
        let digits = server_part.bytes().take_while(u8::is_ascii_digit).count();
        let (count, sr) = server_part.split_at(digits);
        Some(Self {
            count: number(count)?,
            nonce: sr.strip_prefix(PREFIX)?.to_owned(),
        })
    }

    /// The number under which the store knows the count. The store counts from 1, and refuses zero and numbers that are
    /// too large.
    pub(super) fn number_in_store(&self, iterations: u32) -> u32 {
        let uses = self.count.checked_sub(iterations);
        uses.map_or(0, |uses| uses.saturating_add(1))
    }
}
