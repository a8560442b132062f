//! Nonces that carry data which the client must not read.
//!
//! ```text
//! sealed     = nonce epoch ciphertext
//! nonce      = 39 bytes, without base64       ; its MAC covers the epoch and the data
//! epoch      = 8 bytes
//! ciphertext = data XOR stream                ; the stream is a keyed hash of the nonce
//! ```
//!
//! The MAC is that of the data and not of the ciphertext, and the stream depends on it. So two nonces have the same stream
//! only if they carry the same data, even if a copy of the process repeats an identifier (this is the construction SIV).

use zeroize::Zeroizing;

use super::keys::{NonceKey, first};
use super::{IDENTIFIER, IssuedNonce, MAC, NonceIssuer, SIGNED, TIME};
use crate::secret::same;

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
            let mac = self.mac(key, epoch, &signed, data);
            let epoch = epoch.to_be_bytes();
            let ciphertext = masked(key, &signed, &mac, data);
            [&signed[..], &mac, &epoch, &ciphertext].concat()
        })
    }

    /// Opens a nonce that this server has sealed.
    pub(crate) fn open(&self, sealed: &[u8]) -> Option<OpenedNonce> {
        let (signed, rest) = sealed.split_first_chunk::<SIGNED>()?;
        let (mac, rest) = rest.split_first_chunk::<MAC>()?;
        let (epoch, ciphertext) = rest.split_first_chunk::<EPOCH>()?;
        let epoch = u64::from_be_bytes(*epoch);
        let data = self.keys.find(|key| {
            let data = (key.id == signed[0]).then(|| masked(key, signed, mac, ciphertext))?;
            let expected = self.mac(key, epoch, signed, &data);
            same(mac, &expected).then_some(data)
        })?;
        Some(OpenedNonce {
            nonce: IssuedNonce(*signed),
            epoch,
            data,
        })
    }
}

impl IssuedNonce {
    /// The identifier of the nonce.
    pub(crate) fn identifier(&self) -> [u8; IDENTIFIER] {
        first(&self.0[1 + TIME..])
    }

    /// When the nonce was issued, in milliseconds since 1970.
    pub(crate) fn issued_at(&self) -> u64 {
        let mut time = [0; 8];
        time[8 - TIME..].copy_from_slice(&self.0[1..=TIME]);
        u64::from_be_bytes(time)
    }
}

/// The data XOR the stream of the nonce. It is its own inverse.
fn masked(
    key: &NonceKey,
    signed: &[u8; SIGNED],
    mac: &[u8; MAC],
    data: &[u8],
) -> Zeroizing<Vec<u8>> {
    let mut masked = Zeroizing::new(vec![0; data.len()]);
    let stream_key = blake3::keyed_hash(&key.key, b"tower-challenge nonce stream key");
    let mut stream = blake3::Hasher::new_keyed(stream_key.as_bytes());
    stream
        .update(signed)
        .update(mac)
        .finalize_xof()
        .fill(&mut masked);
    for (byte, data) in masked.iter_mut().zip(data) {
        *byte ^= data;
    }
    masked
}
