//! The mechanisms of SCRAM: one for each hash function.

use crate::derives::writes;
use crate::header::SchemeName;

/// A mechanism of SCRAM, which names the hash function. Its name is also the name of the HTTP scheme.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::scram::ScramMechanism;
///
/// assert_eq!(ScramMechanism::Sha256.to_string(), "SCRAM-SHA-256");
/// assert_eq!(ScramMechanism::from_name("scram-sha-1"), Some(ScramMechanism::Sha1));
/// assert_eq!(ScramMechanism::from_name("SCRAM-SHA-512"), None);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ScramMechanism {
    /// `SCRAM-SHA-256`, which RFC 7804 section 5 requires.
    Sha256,
    /// `SCRAM-SHA-1`, for stored secrets of an older service alone.
    Sha1,
}

impl ScramMechanism {
    /// All mechanisms, the preferred first.
    pub const ALL: [Self; 2] = [Self::Sha256, Self::Sha1];

    /// The name of the HTTP scheme.
    #[must_use]
    pub const fn scheme_name(self) -> SchemeName<'static> {
        match self {
            Self::Sha256 => SchemeName::SCRAM_SHA_256,
            Self::Sha1 => SchemeName::SCRAM_SHA_1,
        }
    }

    /// The mechanism with this name. Case does not matter.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        let mut all = Self::ALL.into_iter();
        all.find(|one| one.name().eq_ignore_ascii_case(name))
    }

    /// The length of its hash, in bytes.
    #[must_use]
    pub const fn hash_len(self) -> usize {
        match self {
            Self::Sha256 => 32,
            Self::Sha1 => 20,
        }
    }

    pub(super) const fn name(self) -> &'static str {
        self.scheme_name().as_str()
    }
}

writes! { impl[] ScramMechanism[] as self => self.name() }
