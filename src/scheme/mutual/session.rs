//! How does the server recognise a session without storing it? The `sid` holds the secret of the session, sealed.
//!
//! ```text
//! sid  = hexadecimal( sealed )               ; see `stateless_nonce`: only this server can read it
//! data = fake fingerprint begun user
//! fake        = 1 byte                       ; 1 if the user is unknown, or else 0
//! fingerprint = 16 bytes                     ; of the `J` with which the session began
//! begun       = both proofs, begun           ; see `begun_proofs`
//! user        = the rest
//! ```
//!
//! RFC 8120 lets a server keep `S_s1` until the client has proved itself. The begun proofs in its place are equivalent: they
//! depend on nothing that the client sends later. They are shorter than `K_c1`, `K_s1` and `z` in the groups of integers:
//! with these, the field of an answer would not fit into 4 KiB, which is as much as nginx accepts by default.
//!
//! The alternative was a table of sessions in memory. An attacker without a password can begin sessions, so the table
//! would have to be bounded, and the attacker could push the sessions of others out of it. Several servers would need a
//! shared table. The price of the sealed sid is its length: 300 to 600 characters, and two for each byte of the name.

use zeroize::Zeroizing;

use super::algorithm::MutualAlgorithm;
use super::begun_proofs::BegunProofs;
use super::secret::FINGERPRINT;
use crate::stateless_nonce::{IssuedNonce, NonceIssuer};
use crate::store::StoreEpoch;

/// A session of this server. It may have expired.
pub(super) struct Session {
    pub(super) nonce: IssuedNonce,
    pub(super) epoch: StoreEpoch,
    pub(super) contents: SessionContents,
}

/// What the `sid` holds.
pub(super) struct SessionContents {
    /// Whether the user is unknown. No proof is right in such a session.
    pub(super) is_fake: bool,
    pub(super) fingerprint: [u8; FINGERPRINT],
    pub(super) proofs: BegunProofs,
    pub(super) user: String,
}

impl SessionContents {
    /// Makes the `sid` of a new session.
    pub(super) fn seal(&self, nonces: &NonceIssuer, epoch: StoreEpoch) -> Vec<u8> {
        let begun = self.proofs.octets();
        let parts = [
            &[u8::from(self.is_fake)],
            &self.fingerprint[..],
            &begun,
            self.user.as_bytes(),
        ];
        nonces.seal(epoch.tag(), &Zeroizing::new(parts.concat()))
    }

    fn read(algorithm: MutualAlgorithm, data: &[u8]) -> Option<Self> {
        let (is_fake, rest) = data.split_first()?;
        let (fingerprint, rest) = rest.split_first_chunk()?;
        let (proofs, user) = BegunProofs::read(algorithm, rest)?;
        Some(Self {
            is_fake: *is_fake != 0,
            fingerprint: *fingerprint,
            proofs,
            user: std::str::from_utf8(user).ok()?.to_owned(),
        })
    }
}

/// Opens a `sid` that this server has made.
pub(super) fn open(
    nonces: &NonceIssuer,
    algorithm: MutualAlgorithm,
    sid: &[u8],
) -> Option<Session> {
    let opened = nonces.open(sid)?;
    Some(Session {
        nonce: opened.nonce,
        epoch: StoreEpoch::new(opened.epoch),
        contents: SessionContents::read(algorithm, &opened.data)?,
    })
}
