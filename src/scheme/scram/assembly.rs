//! Checks the configuration of a SCRAM builder and builds the scheme.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::Scram;
use super::accounts::ScramAccount;
use super::builder::ScramBuilder;
use super::core::ScramCore;
use super::decoys::DecoySecrets;
use super::reauthentication::Reauthentication;
use super::secret::check_iterations;
use crate::config_error::ConfigError;
use crate::header::{Challenge, ChallengeBuilder};
use crate::password::Lookup;
use crate::random::random;
use crate::stateless_nonce::{NonceIssuer, NonceKeys};
use crate::store::MemoryStore;

/// The error that every failed exchange gets (RFC 5802 section 7). It does not say which part was wrong.
const ERROR: &str = "e=other-error";

impl<L, I> ScramBuilder<L>
where
    L: Lookup<str, Record = ScramAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Checks the configuration and builds the scheme.
    ///
    /// # Errors
    ///
    /// The configuration is wrong:
    ///
    /// - The realm contains a control character.
    /// - The key of the fake salts is all zeros, or unknown users would have fewer than 4,096 iterations.
    /// - An exchange, or a nonce for reauthentication, would live for less than a second.
    ///
    /// Or the system random number generator failed.
    pub fn build(self) -> Result<Scram<L>, ConfigError> {
        if self.lifetime < Duration::from_secs(1) {
            return Err(ConfigError::new(
                "the lifetime of an exchange is too short: set at least 1 second",
            ));
        }
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        Ok(Scram::from_core(ScramCore {
            challenge: self.challenge().build()?,
            failed: self
                .challenge()
                .quoted("data", STANDARD.encode(ERROR))
                .build()?,
            decoys: self.decoys()?,
            reauthentication: self.offered_reauthentication(&keys)?,
            nonces: self.nonce_issuer(keys)?,
            mechanism: self.mechanism,
            realm: self.realm,
            lookup: self.lookup,
            preparation: self.preparation,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
        }))
    }
}

impl<L> ScramBuilder<L> {
    fn challenge(&self) -> ChallengeBuilder {
        Challenge::builder(self.mechanism.scheme_name()).quoted("realm", &self.realm)
    }

    fn decoys(&self) -> Result<DecoySecrets, ConfigError> {
        check_iterations(self.fake_iterations)?;
        let key = match &self.fake_salt_key {
            Some(key) => key.clone(),
            None => Zeroizing::new(random()?),
        };
        if *key == [0; 32] {
            return Err(ConfigError::new(
                "the key of the fake salts is all zeros: load 32 random bytes",
            ));
        }
        Ok(DecoySecrets {
            key,
            mechanism: self.mechanism,
            iterations: self.fake_iterations,
        })
    }

    /// Makes the issuer of sids. They are bound to the realm, the mechanism and the lifetime.
    fn nonce_issuer(&self, keys: NonceKeys) -> Result<NonceIssuer, ConfigError> {
        let space = [self.realm.as_bytes(), self.mechanism.name().as_bytes()];
        NonceIssuer::new(
            keys,
            "scram",
            &space,
            Arc::clone(&self.clock),
            self.lifetime,
        )
    }
    fn offered_reauthentication(
        &self,
        keys: &NonceKeys,
    ) -> Result<Option<Reauthentication>, ConfigError> {
        let space = [self.realm.as_bytes(), self.mechanism.name().as_bytes()];
        let clock = Arc::clone(&self.clock);
        let offered = self
            .reauthentication
            .map(|lifetime| Reauthentication::new(keys.clone(), &space, clock, lifetime));
        offered.transpose()
    }
}
