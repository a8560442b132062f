//! Nonces that are bound to data of a scheme.

use super::keys::first;
use super::{IDENTIFIER, LENGTH, LiveNonce, NonceIssuer, SIGNED, TIME};

/// A nonce that this server has issued for certain data, expired or not.
#[derive(Clone, Copy)]
pub(crate) struct IssuedNonce([u8; SIGNED]);

impl IssuedNonce {
    /// The key under which the scheme claims its uses in the store.
    pub(crate) fn identifier(&self) -> [u8; IDENTIFIER] {
        first(&self.0[1 + TIME..])
    }
}

impl NonceIssuer {
    /// Makes a new nonce, which the server does not store, for `data`. The data must not be empty.
    pub(crate) fn issue_for(&self, epoch: u64, data: &[u8]) -> [u8; LENGTH] {
        self.make(epoch, data)
    }

    /// The nonce in `text`, if this server issued it in this epoch and for `data`, expired or not.
    pub(crate) fn issued_for(&self, text: &[u8], epoch: u64, data: &[u8]) -> Option<IssuedNonce> {
        self.signed(text, epoch, data).map(IssuedNonce)
    }

    /// The same nonce, if it has not expired.
    pub(crate) fn still_live(&self, issued: IssuedNonce) -> Option<LiveNonce> {
        self.live(&issued.0)
    }
}
