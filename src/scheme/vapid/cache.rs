//! Tokens that have verified. An application server sends the same token with many messages.

use std::time::SystemTime;

use super::application_server::ApplicationServer;
use super::message::VapidParams;
use super::proof::TokenExpiry;
use crate::config_error::ConfigError;
use crate::secret::Secret;
use crate::set_cache::{MacKey, SetCache, TextMac};

/// Remembers tokens by a MAC, so that a token that comes again costs a hash and no signature.
///
/// An attacker can make keys and tokens, and so evict the tokens of others. These then cost a signature again.
pub(super) struct VapidCache {
    key: MacKey,
    tokens: SetCache<TextMac, (ApplicationServer, TokenExpiry), WAYS>,
}

const WAYS: usize = 4;
const CAPACITY: usize = 4096;

impl VapidCache {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            key: MacKey::new()?,
            tokens: SetCache::new(CAPACITY),
        })
    }

    pub(super) fn mac(&self, params: &VapidParams<'_>) -> TextMac {
        self.key.mac(Secret::new(&params.token))
    }

    /// Returns the sender of a remembered token that is still good, if the token has verified with the key beside it.
    pub(super) fn find(
        &self,
        mac: &TextMac,
        params: &VapidParams<'_>,
        now: SystemTime,
    ) -> Option<ApplicationServer> {
        self.tokens.find(mac, |(sender, expiry)| {
            let is_same = sender.public_key() == params.key && expiry.check(now).is_ok();
            is_same.then(|| sender.clone())
        })
    }

    pub(super) fn keep(&self, mac: TextMac, sender: ApplicationServer, expiry: TokenExpiry) {
        self.tokens.keep(mac, (sender, expiry));
    }
}
