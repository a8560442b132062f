//! Checks the configuration of a HOBA builder and builds the scheme.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::time::Duration;

use super::builder::HobaBuilder;
use super::core::HobaCore;
use super::key::HobaKey;
use super::origin::HobaOrigin;
use super::public_key::HobaPublicKey;
use super::server::Hoba;
use super::sessions::SessionIssuer;
use crate::config_error::ConfigError;
use crate::header::{Challenge, SchemeName};
use crate::password::Lookup;
use crate::stateless_nonce::{NonceIssuer, NonceKeys};
use crate::store::MemoryStore;

/// How long a challenge that no client has used is good, if it is good for one signature.
const UNUSED: Duration = Duration::from_secs(60);

/// The longest `max-age`.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

impl<L> HobaBuilder<L> {
    /// The life of a challenge, used or not.
    const fn lifetime(&self) -> Duration {
        if self.max_age.is_zero() {
            UNUSED
        } else {
            self.max_age
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        if let Some(sessions) = &self.sessions {
            sessions.check()?;
        }
        let is_whole = self.max_age.subsec_nanos() == 0;
        match is_whole && self.max_age <= LONGEST {
            true => Ok(()),
            false => Err(ConfigError::new(
                "`max_age` must be a number of whole seconds, and at most 24 hours",
            )),
        }
    }

    /// The parameters of every challenge, as they are written behind the challenge itself.
    fn fixed_params(&self) -> Result<Box<[u8]>, ConfigError> {
        let fixed = Challenge::builder(SchemeName::HOBA)
            .quoted("max-age", self.max_age.as_secs().to_string());
        let fixed = match self.realm.is_empty() {
            true => fixed.build()?,
            false => fixed.quoted("realm", &self.realm).build()?,
        };
        let written = fixed.as_value().as_bytes();
        let params = written.strip_prefix(b"HOBA ");
        Ok(params.unwrap_or_default().into())
    }

    /// The challenges are bound to the origin, the realm and the rule for their use. For example, a challenge that was
    /// good for ten seconds is not good for a server that now accepts one signature for each.
    fn nonce_issuer(&self, origin: &HobaOrigin) -> Result<NonceIssuer, ConfigError> {
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        let max_age = self.max_age.as_secs().to_be_bytes();
        let space = [origin.as_str().as_bytes(), self.realm.as_bytes(), &max_age];
        NonceIssuer::new(
            keys,
            "hoba",
            &space,
            Arc::clone(&self.clock),
            self.lifetime(),
        )
    }
}

impl<L, I> HobaBuilder<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Checks the configuration and builds the scheme.
    ///
    /// # Errors
    ///
    /// - The origin is not one: see [`HobaOrigin::parse`].
    /// - The realm contains a control character.
    /// - `max_age` is not a number of whole seconds, or more than 24 hours.
    /// - The lifetime of the sessions is less than one second.
    /// - No backend for RSA is enabled (feature `jwt-aws-lc` or `jwt-rust-crypto`).
    /// - The system random number generator failed.
    pub fn build(self) -> Result<Hoba<L>, ConfigError> {
        self.check()?;
        let origin = self.origin.clone()?;
        let fixed_params = self.fixed_params()?;
        let nonces = self.nonce_issuer(&origin)?;
        let issuer = |sessions| SessionIssuer::new(sessions, &origin, &self.realm);
        Ok(Hoba::from_core(HobaCore {
            nonces,
            fixed_params,
            max_age: self.max_age.as_secs(),
            sessions: self.sessions.map(issuer),
            origin,
            realm: self.realm,
            sha1: self.sha1,
            lookup: self.lookup,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            epoch: AtomicU64::new(0),
            clock: self.clock,
            decoy: HobaPublicKey::decoy()?,
        }))
    }
}
