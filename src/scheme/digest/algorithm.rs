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
/// assert_eq!(DigestAlgorithm::from_name("SHA-1"), None, "seen in the field, registered nowhere");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum DigestAlgorithm {
    /// `SHA-512-256`: SHA-512/256 of FIPS 180-4, which has initial values of its own and is not SHA-512 cut short.
    Sha512_256,
    /// `SHA-256`.
    Sha256,
    /// `MD5`: for clients that know nothing else.
    Md5,
}

impl DigestAlgorithm {
    /// All of them, strongest first.
    pub const ALL: [Self; 3] = [Self::Sha512_256, Self::Sha256, Self::Md5];

    /// The algorithm of this name, in any case.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    /// The name that the registry gives it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sha512_256 => "SHA-512-256",
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    /// The name of its session form, in which the secret is hashed once more with a nonce of each side.
    #[must_use]
    pub const fn session_name(self) -> &'static str {
        match self {
            Self::Sha512_256 => "SHA-512-256-sess",
            Self::Sha256 => "SHA-256-sess",
            Self::Md5 => "MD5-sess",
        }
    }

    /// The algorithm whose name `is` the one that is looked for, and whether that is the name of its session form.
    pub(super) fn from_either_name(is: impl Fn(&str) -> bool) -> Option<(Self, bool)> {
        let all = || Self::ALL.into_iter();
        let plain = all().find(|it| is(it.name())).map(|it| (it, false));
        let session = |it: &Self| is(it.session_name());
        plain.or_else(|| Some((all().find(session)?, true)))
    }

    /// How long its hashes are, in octets.
    #[must_use]
    pub const fn hash_len(self) -> usize {
        match self {
            Self::Sha512_256 | Self::Sha256 => 32,
            Self::Md5 => 16,
        }
    }
}

writes! { impl[] DigestAlgorithm[] as self => self.name() }
