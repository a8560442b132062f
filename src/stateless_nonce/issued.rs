//! A nonce that this server has issued with data, expired or not.

use super::keys::first;
use super::{IDENTIFIER, LiveNonce, NonceIssuer, SIGNED, TIME};

/// A nonce that this server has issued for certain data, expired or not.
#[derive(Clone, Copy)]
pub(crate) struct IssuedNonce(pub(super) [u8; SIGNED]);

impl IssuedNonce {
    /// The key under which the scheme claims its uses in the store.
    pub(crate) fn identifier(&self) -> [u8; IDENTIFIER] {
        first(&self.0[1 + TIME..])
    }
}

impl NonceIssuer {
    /// The same nonce, if it has not expired.
    pub(crate) fn still_live(&self, issued: IssuedNonce) -> Option<LiveNonce> {
        self.live(&issued.0)
    }
}
