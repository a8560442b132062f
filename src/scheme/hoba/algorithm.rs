//! The algorithms of HOBA signatures (RFC 7486 section 7).

use crate::derives::writes;

/// The algorithm of a HOBA signature. The client does not send it: the server stores it with the key.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::hoba::HobaAlgorithm;
///
/// assert_eq!(HobaAlgorithm::RsaSha256.number(), "0");
/// assert_eq!(HobaAlgorithm::from_number("1"), Some(HobaAlgorithm::RsaSha1));
/// assert_eq!(HobaAlgorithm::from_number("2"), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HobaAlgorithm {
    /// RSASSA-PKCS1-v1_5 with SHA-256: the number `0`. Every client and server has it.
    #[default]
    RsaSha256,
    /// RSASSA-PKCS1-v1_5 with SHA-1: the number `1`. SHA-1 is broken. A scheme accepts it only with
    /// [`legacy_rsa_sha1`](super::HobaBuilder::legacy_rsa_sha1).
    RsaSha1,
}

impl HobaAlgorithm {
    /// Finds the algorithm with this number in the registry of RFC 7486 section 9.3.
    #[must_use]
    pub fn from_number(number: &str) -> Option<Self> {
        match number {
            "0" => Some(Self::RsaSha256),
            "1" => Some(Self::RsaSha1),
            _ => None,
        }
    }

    /// Returns the number of the algorithm, as the signed text has it.
    #[must_use]
    pub const fn number(self) -> &'static str {
        match self {
            Self::RsaSha256 => "0",
            Self::RsaSha1 => "1",
        }
    }
}

writes! { impl[] HobaAlgorithm[] as self => self.number() }
