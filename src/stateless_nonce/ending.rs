//! Says when a client should get another nonce, before its nonce ends.

use super::{LiveNonce, NonceIssuer, SKEW};

impl NonceIssuer {
    /// Whether less than a fifth of the nonce's life is left, so the client should get another nonce.
    #[inline]
    pub(crate) fn is_ending(&self, live: &LiveNonce) -> bool {
        live.remaining.saturating_sub(2 * SKEW) < self.lifetime / 5
    }
}
