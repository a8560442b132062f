//! The hash algorithms of Digest.

use crate::derives::writes;

/// A hash algorithm of the IANA registry for Digest (RFC 7616 section 6.1).
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::digest::DigestAlgorithm;
///
/// assert_eq!(DigestAlgorithm::from_name("sha-256"), Some(DigestAlgorithm::Sha256));
/// assert_eq!(DigestAlgorithm::from_name("SHA-1"), None, "some clients send it, but no RFC registers it");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// `SHA-512-256`, which is SHA-512/256 of FIPS 180-4. It has its own initial values, so it is not a SHA-512 hash
    /// cut short.
    Sha512_256,
    /// `SHA-256`.
    Sha256,
    /// `MD5`, for clients that know no other algorithm.
    Md5,
}

impl DigestAlgorithm {
    /// All algorithms, the strongest first.
    pub const ALL: [Self; 3] = [Self::Sha512_256, Self::Sha256, Self::Md5];

    /// Finds the algorithm with this name, upper or lower case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The name of the algorithm in the registry.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha512_256 => "SHA-512-256",
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// The name of the session form, in which the client hashes the secret once more with the nonces of both sides (RFC
    /// 7616 section 3.4.2). For example, `SHA-256-sess`.
    #[must_use]
    pub const fn session_name(self) -> &'static str {
        match self {
            Self::Sha512_256 => "SHA-512-256-sess",
            Self::Sha256 => "SHA-256-sess",
            Self::Md5 => "MD5-sess",
        }
    }

    /// Finds the algorithm for whose plain or session name `is` returns true. The `bool` tells whether it was the
    /// session name.
    pub(super) fn from_either_name(is: impl Fn(&str) -> bool) -> Option<(Self, bool)> {
        let all = || Self::ALL.into_iter();
        let plain = all()
            .find(|algorithm| is(algorithm.name()))
            .map(|algorithm| (algorithm, false));
        let session = |algorithm: &Self| is(algorithm.session_name());
        plain.or_else(|| Some((all().find(session)?, true)))
    }

    /// The length of its hashes, in bytes.
    #[must_use]
    pub const fn hash_len(self) -> usize {
        match self {
            Self::Sha512_256 | Self::Sha256 => 32,
            Self::Md5 => 16,
        }
    }
}

writes! { impl[] DigestAlgorithm[] as self => self.name() }
