//! Nonces of the floor of Digest. Issuing a nonce stores nothing. The floor counts the uses of a nonce from its first
//! use on.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_challenge::clock::{Clock, SystemClock};

use super::same;

/// The length of a nonce in base64url, without padding.
pub(super) const LENGTH: usize = 43;

/// A nonce has 8 bytes of time, 8 bytes of a number, and a MAC of 16 bytes over both. The MAC keeps clients from making
/// nonces.
const BYTES: usize = SIGNED + 16;
const SIGNED: usize = 16;

const LIFETIME: Duration = Duration::from_secs(300);

/// The number of requests for which a client can use a nonce.
const USES: usize = 4096;

pub(super) struct Nonces {
    key: [u8; 32],
    issued: AtomicU64,
    clock: SystemClock,
    used: Mutex<HashMap<u64, [u64; USES / 64]>>,
}

impl Nonces {
    pub(super) fn new() -> Self {
        Self {
            key: [7; 32],
            issued: AtomicU64::new(0),
            clock: SystemClock::new(),
            used: Mutex::default(),
        }
    }

    pub(super) fn issue(&self) -> [u8; LENGTH] {
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let mut bytes = [0; BYTES];
        bytes[..8].copy_from_slice(&self.now().to_be_bytes());
        bytes[8..SIGNED].copy_from_slice(&number.to_be_bytes());
        let mac = blake3::keyed_hash(&self.key, &bytes[..SIGNED]);
        bytes[SIGNED..].copy_from_slice(&mac.as_bytes()[..16]);
        let mut text = [0; LENGTH];
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        assert_eq!(written, Ok(LENGTH));
        text
    }

    /// Returns the number of a nonce, or `None` if it was not issued here or is too old.
    pub(super) fn check(&self, text: &[u8]) -> Option<u64> {
        let mut bytes = [0; BYTES];
        let text = (text.len() == LENGTH).then_some(text)?;
        URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let mac = blake3::keyed_hash(&self.key, &bytes[..SIGNED]);
        let issued = u64::from_be_bytes(bytes[..8].try_into().ok()?);
        let number = u64::from_be_bytes(bytes[8..SIGNED].try_into().ok()?);
        let is_young = u128::from(self.now().saturating_sub(issued)) <= LIFETIME.as_millis();
        let is_ours = same(&bytes[SIGNED..], &mac.as_bytes()[..16]);
        (is_ours && is_young).then_some(number)
    }

    /// Records a use of a nonce. Returns whether this is the first use with this count.
    pub(super) fn spend(&self, number: u64, count: usize) -> bool {
        let mut used = self.used.lock().unwrap_or_else(PoisonError::into_inner);
        let uses = match used.entry(number) {
            Entry::Occupied(uses) => uses.into_mut(),
            Entry::Vacant(place) => place.insert([0; USES / 64]),
        };
        let Some(word) = uses.get_mut(count / 64) else {
            return false;
        };
        let bit = 1 << (count % 64);
        let is_first = *word & bit == 0;
        *word |= bit;
        is_first
    }

    /// The current time in milliseconds.
    fn now(&self) -> u64 {
        u64::try_from(self.clock.monotonic().as_millis()).unwrap_or(u64::MAX)
    }
}
