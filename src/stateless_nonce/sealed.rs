//! Nonces that carry data which the client must not read.
//!
//! ```text
//! sealed     = signed epoch ciphertext
//! signed     = 23 bytes                       ; the key-id, the time and the identifier of a nonce
//! epoch      = 8 bytes
//! ciphertext = AES-256-GCM-SIV of the data, and its tag of 16 bytes
//! ```
//!
//! AES-GCM-SIV (RFC 8452) takes the first 12 bytes of the identifier as its nonce. Its associated data are `signed`, the
//! epoch and the space. If a copy of the process repeats an identifier, an attacker learns only whether the data are the
//! same.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use zeroize::Zeroizing;

use super::keys::{NonceKey, first};
use super::{IssuedNonce, NonceIssuer, SIGNED, TIME};

const EPOCH: usize = 8;

/// A nonce of this server with its data. It may have expired.
pub(crate) struct OpenedNonce {
    pub(crate) nonce: IssuedNonce,
    pub(crate) epoch: u64,
    pub(crate) data: Zeroizing<Vec<u8>>,
}

impl NonceIssuer {
    /// Makes a new nonce that carries `data`, which must not be empty. The server does not store it.
    pub(crate) fn seal(&self, epoch: u64, data: &[u8]) -> Vec<u8> {
        self.keys.with_current(|key| {
            let signed = self.fill(key.id);
            let associated = self.associated(epoch, &signed);
            let payload = Payload {
                msg: data,
                aad: &associated,
            };
            // This cannot fail: no data are as long as 64 GiB. A client could not use an empty ciphertext.
            let ciphertext = cipher(key).encrypt(&nonce(&signed), payload);
            let ciphertext = ciphertext.unwrap_or_default();
            [&signed[..], &epoch.to_be_bytes(), &ciphertext].concat()
        })
    }

    /// Opens a nonce that this server has sealed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<OpenedNonce> {
        let (signed, rest) = sealed.split_first_chunk::<SIGNED>()?;
        let (epoch, ciphertext) = rest.split_first_chunk::<EPOCH>()?;
        let epoch = u64::from_be_bytes(*epoch);
        let associated = self.associated(epoch, signed);
        let data = self.keys.find(|key| {
            let payload = Payload {
                msg: ciphertext,
                aad: &associated,
            };
            let cipher = (key.id == signed[0]).then(|| cipher(key))?;
            cipher.decrypt(&nonce(signed), payload).ok()
        })?;
        Some(OpenedNonce {
            nonce: IssuedNonce(*signed),
            epoch,
            data: Zeroizing::new(data),
        })
    }

    fn associated(&self, epoch: u64, signed: &[u8; SIGNED]) -> Vec<u8> {
        [&signed[..], &epoch.to_be_bytes(), &self.space.0].concat()
    }
}

impl IssuedNonce {
    /// When the nonce was issued, in milliseconds since 1970.
    pub(crate) fn issued_at(&self) -> u64 {
        let mut time = [0; 8];
        time[8 - TIME..].copy_from_slice(&self.0[1..=TIME]);
        u64::from_be_bytes(time)
    }
}

fn cipher(key: &NonceKey) -> Aes256GcmSiv {
    let context = "tower-challenge 2026 sealed nonces AES-256-GCM-SIV";
    let key = Zeroizing::new(blake3::derive_key(context, &key.key));
    Aes256GcmSiv::new((&*key).into())
}

fn nonce(signed: &[u8; SIGNED]) -> Nonce {
    let nonce: [u8; 12] = first(&signed[1 + TIME..]);
    nonce.into()
}
