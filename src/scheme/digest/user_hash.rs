//! The name that stands for a user on the wire where names are not to be seen (RFC 7616 section 3.4.4).

use super::algorithm::DigestAlgorithm;
use super::proof::digest_of;
use crate::derives::writes;
use crate::text::hex::{self, HexHash, MAX};

/// `H(user:realm)`: what a client sends in the place of a name when the challenge says `userhash=true`.
///
/// It is no secret, and hides a name only from who does not know it: names are soon guessed.
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
    octets: [u8; MAX],
}

impl UserHash {
    /// That of a user in a realm. Each algorithm has its own.
    #[must_use]
    pub fn of(algorithm: DigestAlgorithm, user: &str, realm: &str) -> Self {
        let parts = [user.as_bytes(), b":", realm.as_bytes()];
        let octets = digest_of(algorithm, &parts);
        Self { algorithm, octets }
    }

    /// As a client wrote it: in lower case, or one user would have many names.
    pub(super) fn read(algorithm: DigestAlgorithm, text: &str) -> Option<Self> {
        let (len, octets) = hex::read(text.as_bytes(), false)?;
        (len == algorithm.hash_len()).then_some(Self { algorithm, octets })
    }

    /// The algorithm.
    #[must_use]
    pub const fn algorithm(&self) -> DigestAlgorithm {
        self.algorithm
    }
}

writes! {
    /// Its digits, as they are sent.
    impl[] UserHash[] as self => HexHash::of(&self.octets[..self.algorithm.hash_len()]).as_str()
}
