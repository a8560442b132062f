//! Tokens that have verified. An application server sends the same token with many messages.

use std::time::SystemTime;

use zeroize::Zeroizing;

use super::application_server::ApplicationServer;
use super::message::VapidParams;
use super::proof::TokenExpiry;
use crate::config_error::ConfigError;
use crate::random::random;
use crate::set_cache::{CacheTag, SetCache};

/// Remembers tokens by a MAC of token and key, so that a token that comes again costs a hash and no signature.
///
/// An attacker can make keys and tokens, and so evict the tokens of others. These then cost a signature again.
pub(super) struct VapidCache {
    key: Zeroizing<[u8; 32]>,
    tokens: SetCache<VapidTag, (ApplicationServer, TokenExpiry), WAYS>,
}

const WAYS: usize = 4;
const CAPACITY: usize = 4096;

/// The MAC, 128 bits. A client that does not have the key of the cache cannot choose its value.
pub(super) struct VapidTag(u128);

impl VapidCache {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            key: Zeroizing::new(random()?),
            tokens: SetCache::new(CAPACITY),
        })
    }

    pub(super) fn tag(&self, params: &VapidParams<'_>) -> VapidTag {
        let mut hasher = blake3::Hasher::new_keyed(&self.key);
        // A NUL ends the key. No key and no token that verifies has a NUL.
        for part in [params.key.as_bytes(), b"\0", params.token.as_bytes()] {
            hasher.update(part);
        }
        let hash = hasher.finalize();
        let first = hash.as_bytes().first_chunk::<16>();
        VapidTag(first.map_or(0, |first| u128::from_le_bytes(*first)))
    }

    /// Returns the sender of a remembered token that is still good.
    pub(super) fn find(&self, tag: &VapidTag, now: SystemTime) -> Option<ApplicationServer> {
        self.tokens.find(tag, |(sender, expiry)| {
            expiry.check(now).is_ok().then(|| sender.clone())
        })
    }

    pub(super) fn keep(&self, tag: VapidTag, sender: ApplicationServer, expiry: TokenExpiry) {
        self.tokens.keep(tag, (sender, expiry));
    }
}

impl CacheTag for VapidTag {
    fn spread(&self) -> u64 {
        u64::try_from(self.0 >> 64).unwrap_or_default()
    }

    /// The comparison may stop at the first wrong byte: without the key, a client cannot choose the MAC of a token.
    fn is(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
