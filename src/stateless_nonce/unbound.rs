//! Nonces without data of a scheme.

use super::in_text::LENGTH;
use super::{LiveNonce, NonceIssuer, SIGNED};

impl NonceIssuer {
    /// Makes a new nonce, which the server does not store.
    #[inline]
    pub(crate) fn issue(&self, epoch: u64) -> [u8; LENGTH] {
        self.make(epoch, &[])
    }

    /// The nonce in `text`, if this server issued it in this epoch and it has not expired. Call it only after the proof
    /// has verified: otherwise a client without a password would learn which nonces are good.
    #[inline]
    pub(crate) fn check(&self, text: &[u8], epoch: u64) -> Option<LiveNonce> {
        self.live(&self.issued(text, epoch)?)
    }

    /// The signed part of `text`, if this server issued it in this epoch, expired or not. Before the proof has
    /// verified, this tells a client only that it got the nonce from this server, which it knows.
    #[inline]
    pub(crate) fn issued(&self, text: &[u8], epoch: u64) -> Option<[u8; SIGNED]> {
        self.signed(text, epoch, &[])
    }
}
