//! The mathematics of SCRAM, as pure functions (RFC 5802 section 3).
//!
//! ```text
//! SaltedPassword  = PBKDF2(password, salt, i)
//! ClientKey       = HMAC(SaltedPassword, "Client Key")      ServerKey = HMAC(SaltedPassword, "Server Key")
//! StoredKey       = H(ClientKey)
//! AuthMessage     = client-first-message-bare "," server-first-message "," client-final-message-without-proof
//! ClientProof     = ClientKey XOR HMAC(StoredKey, AuthMessage)
//! ServerSignature = HMAC(ServerKey, AuthMessage)
//! ```
//!
//! The server keeps `StoredKey` and `ServerKey`. To verify a proof, it computes `ClientKey` from the proof, and compares
//! the hash of that key with `StoredKey`.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use sha2::{Digest, Sha256};
use zeroize::Zeroize;

use super::mechanism::ScramMechanism;
use crate::secret::{Secret, same};

/// The length of the longest hash, in bytes.
const MAX: usize = 32;

/// A key, a signature or a proof: as many bytes as the hash of the mechanism has. It is wiped when it is dropped.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::scram::ScramMechanism;
/// use tower_challenge::scheme::scram::proof::{AuthMessage, ScramKey};
///
/// // The client computes the keys from the password. The server has the stored key alone.
/// let salted = ScramKey::salted_password(ScramMechanism::Sha256, Secret::new("pencil"), b"sixteen byte salt", 4096);
/// let stored = salted.client_key().stored_key();
///
/// let (first, challenge, last) = ("n=ada,r=c", "r=cs,s=c2l4dGVlbiBieXRlIHNhbHQ=,i=4096", "c=biws,r=cs");
/// let auth = AuthMessage::new(first, challenge, last);
/// let proof = salted.client_key().client_proof(&auth);
/// assert!(stored.verifies(&auth, proof.as_bytes()));
///
/// let other = AuthMessage::new("n=grace,r=c", challenge, last);
/// assert!(!stored.verifies(&other, proof.as_bytes()), "the proof is for one message");
/// ```
#[derive(Clone)]
#[expect(missing_debug_implementations, reason = "a secret has none")]
pub struct ScramKey {
    mechanism: ScramMechanism,
    bytes: [u8; MAX],
}

/// The messages that the proofs cover, as bytes on the wire: the client and the server must see the same ones.
#[derive(Clone, Copy, Debug)]
pub struct AuthMessage<'a>([&'a [u8]; 5]);

impl<'a> AuthMessage<'a> {
    /// Joins the first message of the client without its GS2 header, the first message of the server, and the final
    /// message of the client without its proof.
    #[must_use]
    pub const fn new(
        client_first_bare: &'a str,
        server_first: &'a str,
        client_final_without_proof: &'a str,
    ) -> Self {
        Self([
            client_first_bare.as_bytes(),
            b",",
            server_first.as_bytes(),
            b",",
            client_final_without_proof.as_bytes(),
        ])
    }
}

impl Drop for ScramKey {
    fn drop(&mut self) {
        self.bytes.zeroize();
    }
}

impl ScramKey {
    /// Derives `SaltedPassword` with PBKDF2. The password must have been [prepared](super::StringPreparation).
    ///
    /// It takes some milliseconds for 4,096 iterations, and longer for more.
    #[must_use]
    pub fn salted_password(
        mechanism: ScramMechanism,
        password: Secret<'_>,
        salt: &[u8],
        iterations: u32,
    ) -> Self {
        let mut key = Self::zeros(mechanism);
        let hash = &mut key.bytes[..mechanism.hash_len()];
        let password = password.expose().as_bytes();
        match mechanism {
            ScramMechanism::Sha256 => {
                pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, iterations, hash);
            }
            ScramMechanism::Sha1 => pbkdf2::pbkdf2_hmac::<Sha1>(password, salt, iterations, hash),
        }
        key
    }

    /// Makes a key of its bytes. Returns `None` if there are more or fewer than the hash of the mechanism has.
    #[must_use]
    pub fn from_bytes(mechanism: ScramMechanism, bytes: &[u8]) -> Option<Self> {
        (bytes.len() == mechanism.hash_len()).then(|| padded(mechanism, bytes))
    }

    /// `ClientKey`, if this is a `SaltedPassword`.
    #[must_use]
    pub fn client_key(&self) -> Self {
        self.mac(&[b"Client Key"])
    }

    /// `ServerKey`, if this is a `SaltedPassword`.
    #[must_use]
    pub fn server_key(&self) -> Self {
        self.mac(&[b"Server Key"])
    }

    /// `StoredKey`, if this is a `ClientKey`.
    #[must_use]
    pub fn stored_key(&self) -> Self {
        let mechanism = self.mechanism;
        match mechanism {
            ScramMechanism::Sha256 => padded(mechanism, &Sha256::digest(self.as_bytes())),
            ScramMechanism::Sha1 => padded(mechanism, &Sha1::digest(self.as_bytes())),
        }
    }

    /// The signature of the messages: `ClientSignature`, if this is a `StoredKey`, and `ServerSignature`, if this is a
    /// `ServerKey`.
    #[must_use]
    pub fn signature(&self, messages: &AuthMessage<'_>) -> Self {
        self.mac(&messages.0)
    }

    /// The proof of the client, if this is a `ClientKey`.
    #[must_use]
    pub fn client_proof(&self, messages: &AuthMessage<'_>) -> Self {
        self.xor(&self.stored_key().signature(messages))
    }

    /// Whether `proof` proves the client, if this is a `StoredKey`. The time does not depend on the key.
    #[must_use]
    pub fn verifies(&self, messages: &AuthMessage<'_>, proof: &[u8]) -> bool {
        let signature = self.signature(messages);
        // A proof of another length is replaced, so that the work stays the same.
        let presented = Self::from_bytes(self.mechanism, proof);
        let client_key = signature.xor(presented.as_ref().unwrap_or(self));
        same(client_key.stored_key().as_bytes(), self.as_bytes()) & presented.is_some()
    }

    /// Whether `presented` are the bytes of this signature. The time does not depend on them.
    #[must_use]
    pub fn matches(&self, presented: &[u8]) -> bool {
        same(presented, self.as_bytes())
    }

    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.mechanism.hash_len()]
    }

    /// The mechanism whose hash made the key.
    #[must_use]
    pub const fn mechanism(&self) -> ScramMechanism {
        self.mechanism
    }

    /// A key of zeros, to be filled. A computation writes into it, so that no copy is left which is not wiped.
    const fn zeros(mechanism: ScramMechanism) -> Self {
        let bytes = [0; MAX];
        Self { mechanism, bytes }
    }

    fn xor(&self, other: &Self) -> Self {
        let mut mixed = self.clone();
        for (byte, other) in mixed.bytes.iter_mut().zip(other.bytes) {
            *byte ^= other;
        }
        mixed
    }

    fn mac(&self, parts: &[&[u8]]) -> Self {
        #[cfg(test)]
        tests::count_work();
        let key = self.as_bytes();
        match self.mechanism {
            ScramMechanism::Sha256 => mac::<Hmac<Sha256>>(self.mechanism, key, parts),
            ScramMechanism::Sha1 => mac::<Hmac<Sha1>>(self.mechanism, key, parts),
        }
    }
}

fn mac<M: Mac + KeyInit>(mechanism: ScramMechanism, key: &[u8], parts: &[&[u8]]) -> ScramKey {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("an HMAC takes a key of any length");
    for part in parts {
        mac.update(part);
    }
    padded(mechanism, &mac.finalize().into_bytes())
}

/// The hash as a key. A shorter hash is filled up with zeros at the end.
pub(super) fn padded(mechanism: ScramMechanism, hash: &[u8]) -> ScramKey {
    let mut key = ScramKey::zeros(mechanism);
    for (to, from) in key.bytes.iter_mut().zip(hash) {
        *to = *from;
    }
    key
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    thread_local! {
        /// How many HMACs this thread has computed.
        pub(in crate::scheme::scram) static WORK: Cell<u32> = const { Cell::new(0) };
    }

    pub(super) fn count_work() {
        WORK.set(WORK.get() + 1);
    }
}
