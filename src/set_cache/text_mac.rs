//! Tags made of a text that an attacker may choose, such as a token.

use zeroize::Zeroizing;

use super::CacheTag;
use crate::config_error::ConfigError;
use crate::random::random;
use crate::secret::Secret;

/// A random key, which no other cache has.
pub(crate) struct MacKey(Zeroizing<[u8; 32]>);

/// The MAC of a whole text, 128 bits. A client that does not have the key cannot choose its value.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct TextMac(u128);

impl MacKey {
    /// # Errors
    ///
    /// The system random number generator failed.
    pub(crate) fn new() -> Result<Self, ConfigError> {
        Ok(Self(Zeroizing::new(random()?)))
    }

    #[inline]
    pub(crate) fn mac(&self, text: Secret<'_>) -> TextMac {
        let hash = blake3::keyed_hash(&self.0, text.expose_bytes());
        let first = hash.as_bytes().first_chunk::<16>();
        TextMac(first.map_or(0, |first| u128::from_le_bytes(*first)))
    }
}

impl CacheTag for TextMac {
    fn spread(&self) -> u64 {
        u64::try_from(self.0 >> 64).unwrap_or_default()
    }

    /// The comparison may stop at the first wrong byte: without the key, a client cannot choose the MAC of a text.
    fn is(&self, other: &Self) -> bool {
        self == other
    }
}
