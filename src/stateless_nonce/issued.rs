//! A nonce that this server has issued with data, expired or not.

use super::{LiveNonce, NonceIssuer, SIGNED};

/// A nonce that this server has issued for certain data, expired or not.
#[derive(Clone, Copy)]
pub(crate) struct IssuedNonce(pub(super) [u8; SIGNED]);

impl NonceIssuer {
    /// The same nonce, if it has not expired.
    pub(crate) fn still_live(&self, issued: IssuedNonce) -> Option<LiveNonce> {
        self.live(&issued.0)
    }
}
