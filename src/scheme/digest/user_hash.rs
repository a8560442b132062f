//! The hash that a client sends in place of a user's name (RFC 7616 section 3.4.4).

use super::algorithm::DigestAlgorithm;
use super::proof::digest_of;
use crate::derives::writes;
use crate::text::hex::{self, HexHash, MAX};

/// `H(user:realm)`, which a client sends in place of the name when the challenge has `userhash=true`.
///
/// The hash is not a secret. It hides the name only from an attacker who cannot guess it, and names are easy to guess.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::digest::{DigestAlgorithm, UserHash};
///
/// // RFC 7616 section 3.9.2, as erratum 4897 has it
/// let hash = UserHash::of(DigestAlgorithm::Sha512_256, "Jäsøn Doe", "api@example.org");
/// assert_eq!(hash.to_string(), "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b");
/// assert_ne!(hash, UserHash::of(DigestAlgorithm::Sha256, "Jäsøn Doe", "api@example.org"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserHash {
    algorithm: DigestAlgorithm,
    bytes: [u8; MAX],
}

impl UserHash {
    /// Computes the hash of a user's name in a realm. Each algorithm has its own hash.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, user: &str, realm: &str) -> Self {
        let parts = [user.as_bytes(), b":", realm.as_bytes()];
        let bytes = digest_of(algorithm, &parts);
        Self { algorithm, bytes }
    }

    /// Reads a hash as a client sent it. It must be in lower case: otherwise a throttle would count the attempts
    /// against one user under several names.
    pub(super) fn read(algorithm: DigestAlgorithm, text: &str) -> Option<Self> {
        let (len, bytes) = hex::read(text.as_bytes(), false)?;
        (len == algorithm.hash_len()).then_some(Self { algorithm, bytes })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }
}

writes! {
    /// Writes the hexadecimal digits, as a client sends them.
    impl[] UserHash[] as self => HexHash::of(&self.bytes[..self.algorithm.hash_len()]).as_str()
}
