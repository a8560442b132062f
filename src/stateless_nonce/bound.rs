//! Nonces that are bound to data of a scheme.

use super::in_text::LENGTH;
use super::{IssuedNonce, NonceIssuer};

impl NonceIssuer {
    /// Makes a new nonce, which the server does not store, for `data`. The data must not be empty.
    pub(crate) fn issue_for(&self, epoch: u64, data: &[u8]) -> [u8; LENGTH] {
        self.make(epoch, data)
    }

    /// The nonce in `text`, if this server issued it in this epoch and for `data`, expired or not.
    pub(crate) fn issued_for(&self, text: &[u8], epoch: u64, data: &[u8]) -> Option<IssuedNonce> {
        self.signed(text, epoch, data).map(IssuedNonce)
    }
}
