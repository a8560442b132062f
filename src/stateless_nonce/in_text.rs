//! Nonces as text, in base64url.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::keys::{NonceKey, first};
use super::{NonceIssuer, SIGNED};
use crate::secret::same;

const MAC: usize = 16;
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

    /// The first part of the message has a fixed length, so the data cannot be mistaken for a part of it.
    #[inline]
    fn mac(&self, key: &NonceKey, epoch: u64, signed: &[u8; SIGNED], data: &[u8]) -> [u8; MAC] {
        let mut message = [0; SIGNED + 8 + 16];
        message[..SIGNED].copy_from_slice(signed);
        let epoch = if self.binds_epoch() { epoch } else { 0 };
        message[SIGNED..SIGNED + 8].copy_from_slice(&epoch.to_be_bytes());
        message[SIGNED + 8..].copy_from_slice(&self.space.0);
        match data {
            [] => key.mac(&message),
            data => key.mac_of_two(&message, data),
        }
    }
}

impl NonceKey {
    #[inline]
    fn mac<const N: usize>(&self, message: &[u8]) -> [u8; N] {
        first(blake3::keyed_hash(&self.key, message).as_bytes())
    }

    /// The MAC of two parts, one after the other.
    fn mac_of_two<const N: usize>(&self, one: &[u8], two: &[u8]) -> [u8; N] {
        let mut mac = blake3::Hasher::new_keyed(&self.key);
        mac.update(one).update(two);
        first(mac.finalize().as_bytes())
    }
}

fn decode(text: &[u8]) -> Option<([u8; SIGNED], [u8; MAC])> {
    let mut bytes = [0; BYTES];
    let text = (text.len() == LENGTH).then_some(text)?;
    URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
    let (signed, mac) = bytes.split_at(SIGNED);
    Some((first(signed), first(mac)))
}
