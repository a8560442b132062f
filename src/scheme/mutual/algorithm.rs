//! The algorithms of RFC 8121: a group and a hash function each.

use sha2::{Digest, Sha256, Sha512};
use zeroize::Zeroizing;

use super::group::Group;
use super::{curve, discrete_log};
use crate::derives::writes;

/// An algorithm of RFC 8121: the group in which the client and the server exchange keys, and the hash function.
///
/// | algorithm | group | a session begins in | a field with a key has |
/// |---|---|---|---|
/// | [`P256`](Self::P256) | the curve P-256 | under 1 ms | 66 characters |
/// | [`P521`](Self::P521) | the curve P-521 | some milliseconds | 132 characters |
/// | [`Dl2048`](Self::Dl2048) | integers modulo a prime of 2,048 bits | 10 to 20 ms | 344 characters |
/// | [`Dl4096`](Self::Dl4096) | integers modulo a prime of 4,096 bits | about 100 ms | 684 characters |
///
/// Use P-256 where the clients allow it. An attacker without a password can make the server begin sessions. So with one of
/// the two groups of integers, the server must compute them in a pool: see [`MutualBuilder`](super::MutualBuilder).
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::MutualAlgorithm;
///
/// assert_eq!(MutualAlgorithm::P256.to_string(), "iso-kam3-ec-p256-sha256");
/// assert_eq!(MutualAlgorithm::from_name("ISO-KAM3-DL-2048-SHA256"), Some(MutualAlgorithm::Dl2048));
/// assert_eq!(MutualAlgorithm::from_name("iso-kam3-dl-1024-sha1"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MutualAlgorithm {
    /// `iso-kam3-ec-p256-sha256`: the curve P-256, and SHA-256.
    P256,
    /// `iso-kam3-ec-p521-sha512`: the curve P-521, and SHA-512.
    P521,
    /// `iso-kam3-dl-2048-sha256`: group 14 of RFC 3526, and SHA-256.
    Dl2048,
    /// `iso-kam3-dl-4096-sha512`: group 16 of RFC 3526, and SHA-512.
    Dl4096,
}

impl MutualAlgorithm {
    /// All algorithms, the preferred first.
    pub const ALL: [Self; 4] = [Self::P256, Self::P521, Self::Dl2048, Self::Dl4096];

    /// The algorithm with this name. Case does not matter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.name().eq_ignore_ascii_case(name))
    }

    /// The name in the parameter `algorithm`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::P256 => "iso-kam3-ec-p256-sha256",
            Self::P521 => "iso-kam3-ec-p521-sha512",
            Self::Dl2048 => "iso-kam3-dl-2048-sha256",
            Self::Dl4096 => "iso-kam3-dl-4096-sha512",
        }
    }

    /// The length of its hash in bytes: of `vkc` and `vks`.
    #[must_use]
    pub const fn hash_len(self) -> usize {
        match self {
            Self::P256 | Self::Dl2048 => 32,
            Self::P521 | Self::Dl4096 => 64,
        }
    }

    /// The length of an element of its group in bytes: of `kc1`, `ks1` and `J`.
    #[must_use]
    pub const fn element_len(self) -> usize {
        match self {
            Self::P256 => 33,
            Self::P521 => 66,
            Self::Dl2048 => 256,
            Self::Dl4096 => 512,
        }
    }

    /// The length of a secret exponent in bytes.
    #[must_use]
    pub const fn exponent_len(self) -> usize {
        match self {
            Self::P256 => 32,
            _ => self.element_len(),
        }
    }

    /// Whether its numbers are written in hexadecimal, and not in base64.
    pub(super) const fn writes_hex(self) -> bool {
        matches!(self, Self::P256 | Self::P521)
    }

    pub(super) fn group(self) -> &'static dyn Group {
        match self {
            Self::P256 => &curve::P256,
            Self::P521 => &curve::P521,
            Self::Dl2048 => &*discrete_log::GROUP_14,
            Self::Dl4096 => &*discrete_log::GROUP_16,
        }
    }

    /// The hash of the parts, one after the other.
    pub(super) fn hash(self, parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
        #[cfg(test)]
        super::group::tests::count_hash();
        match self.hash_len() {
            32 => hash::<Sha256>(parts),
            _ => hash::<Sha512>(parts),
        }
    }

    /// PBKDF2 with the hash of the algorithm.
    pub(super) fn stretch(self, password: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
        let mut stretched = Zeroizing::new(vec![0; self.hash_len()]);
        match self.hash_len() {
            32 => pbkdf2::pbkdf2_hmac::<Sha256>(password, salt, ITERATIONS, &mut stretched),
            _ => pbkdf2::pbkdf2_hmac::<Sha512>(password, salt, ITERATIONS, &mut stretched),
        }
        stretched
    }
}

/// The iterations of PBKDF2 (RFC 8121 section 2).
const ITERATIONS: u32 = 16384;

fn hash<H: Digest>(parts: &[&[u8]]) -> Zeroizing<Vec<u8>> {
    let mut hash = H::new();
    for part in parts {
        hash.update(part);
    }
    Zeroizing::new(hash.finalize().to_vec())
}

writes! { impl[] MutualAlgorithm[] as self => self.name() }
