//! Makes the tokens of invitations.

use std::sync::atomic::{AtomicU64, Ordering};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

use crate::config_error::ConfigError;
use crate::random::random;

/// Makes tokens that an attacker cannot guess, without asking the operating system for each.
pub(super) struct InvitationTokens {
    seed: Zeroizing<[u8; 32]>,
    counter: AtomicU64,
}

impl InvitationTokens {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            seed: Zeroizing::new(random()?),
            counter: AtomicU64::new(0),
        })
    }

    /// Makes a new token: 256 bits in base64url, 43 characters.
    pub(super) fn issue(&self) -> String {
        // The numbers only have to differ, so `Relaxed` suffices.
        let number = self.counter.fetch_add(1, Ordering::Relaxed);
        let token = blake3::keyed_hash(&self.seed, &number.to_le_bytes());
        URL_SAFE_NO_PAD.encode(token.as_bytes())
    }
}
