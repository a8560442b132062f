//! Nonces as text, in base64url.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{NonceKey, first};
use super::{MAC, NonceIssuer, SIGNED};
use crate::secret::same;

const BYTES: usize = SIGNED + MAC;

/// The length of a nonce, in characters.
pub(crate) const LENGTH: usize = BYTES / 3 * 4;

impl NonceIssuer {
    /// Makes a new nonce whose MAC also covers `data`.
    #[inline]
    pub(super) fn make(&self, epoch: u64, data: &[u8]) -> [u8; LENGTH] {
        let mut bytes = [0; BYTES];
        let (signed, mac) = bytes.split_at_mut(SIGNED);
        self.keys.with_current(|key| {
            let filled = self.fill(key.id);
            signed.copy_from_slice(&filled);
            mac.copy_from_slice(&self.mac(key, epoch, &filled, data));
        });
        let mut text = [0; LENGTH];
        // 39 bytes are exactly 52 characters of base64.
        let written = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text);
        debug_assert_eq!(written.ok(), Some(LENGTH));
        text
    }

    /// The signed part of `text`, if this server issued it in this epoch and for these data, expired or not.
    #[inline]
    pub(super) fn signed(&self, text: &[u8], epoch: u64, data: &[u8]) -> Option<[u8; SIGNED]> {
        let (signed, mac) = decode(text)?;
        self.keys.find(|key: &NonceKey| {
            let is_ours = key.id == signed[0] && same(&self.mac(key, epoch, &signed, data), &mac);
            is_ours.then_some(signed)
        })
    }
}

fn decode(text: &[u8]) -> Option<([u8; SIGNED], [u8; MAC])> {
    let mut bytes = [0; BYTES];
    let text = (text.len() == LENGTH).then_some(text)?;
    URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    let (signed, mac) = bytes.split_at(SIGNED);
    Some((first(signed), first(mac)))
}
