//! Under which key does a scheme claim the use of its nonce?

use crate::stateless_nonce::NonceIssuer;
use crate::store::{ClaimKey, StoreEpoch};

impl NonceIssuer {
    /// Adds to `key` the epoch in which the nonce was issued, unless this issuer binds its nonces to no epoch.
    #[inline]
    pub(super) fn claim_key(&self, key: ClaimKey, issued_in: StoreEpoch) -> ClaimKey {
        match self.binds_epoch() {
            true => key.issued_in(issued_in),
            false => key,
        }
    }
}
