//! Checks the configuration of a DPoP builder and builds the scheme.

use std::sync::Arc;
use std::time::Duration;

use super::builder::DpopBuilder;
use super::challenges::DpopChallenges;
use super::core::DpopCore;
use super::nonces::DpopNonces;
use super::proof::ProofWindow;
use super::server::Dpop;
use super::target::ExternalOrigin;
use crate::clock::SteadyTime;
use crate::config_error::ConfigError;
use crate::header::{Challenge, SchemeName};
use crate::jose::{SignatureAlgorithm, SignatureBackend};
use crate::scheme::bearer::VerifyBoundToken;
use crate::scheme::bearer::token_challenge::{check_metadata_url, check_scopes};
use crate::stateless_nonce::{NonceIssuer, NonceKeys};
use crate::store::MemoryStore;

/// The oldest proof that a configuration may allow.
const LONGEST_AGE: Duration = Duration::from_secs(60 * 60);

/// The largest difference between the clocks of a client and the server that a configuration may allow.
const LARGEST_SKEW: Duration = Duration::from_secs(60);

const SHORTEST_NONCE: Duration = Duration::from_secs(10);
const LONGEST_NONCE: Duration = Duration::from_secs(24 * 60 * 60);

impl<V> DpopBuilder<V> {
    fn check(&self) -> Result<(), ConfigError> {
        if !SignatureBackend::default().is_enabled() {
            return Err(ConfigError::new(
                "no library verifies proofs: enable the feature `jwt-aws-lc` or `jwt-rust-crypto`",
            ));
        }
        let mut algorithms = self.algorithms.iter().copied();
        if self.algorithms.is_empty() || algorithms.any(SignatureAlgorithm::is_symmetric) {
            return Err(ConfigError::new(
                "the algorithms of proofs need at least one, and no HMAC: a proof has a public key",
            ));
        }
        self.check_times()
    }

    fn check_times(&self) -> Result<(), ConfigError> {
        let is_whole = self.proof_age.subsec_nanos() == 0 && !self.proof_age.is_zero();
        if !is_whole || self.proof_age > LONGEST_AGE || self.clock_skew > LARGEST_SKEW {
            return Err(ConfigError::new(
                "`proof_age` must be whole seconds from 1 to 3600, and `clock_skew` at most 60 seconds",
            ));
        }
        match (SHORTEST_NONCE..=LONGEST_NONCE).contains(&self.nonce_lifetime) {
            true => Ok(()),
            false => Err(ConfigError::new(
                "`nonce_lifetime` must be from 10 seconds to 24 hours",
            )),
        }
    }

    fn challenge(&self) -> Result<Challenge, ConfigError> {
        let mut challenge = Challenge::builder(SchemeName::DPOP).quoted("realm", &self.realm);
        if let Some(scopes) = &self.scope {
            check_scopes(scopes)?;
            challenge = challenge.quoted("scope", scopes);
        }
        if let Some(url) = &self.resource_metadata {
            check_metadata_url(url)?;
            challenge = challenge.quoted("resource_metadata", url);
        }
        Ok(challenge.quoted("algs", self.algorithm_names()).build()?)
    }

    /// The names of the algorithms. Ed25519 has two, and some clients know only the newer one (RFC 9864 section 2.2).
    fn algorithm_names(&self) -> String {
        let names = self.algorithms.iter().map(|algorithm| match algorithm {
            SignatureAlgorithm::EdDsa => "EdDSA Ed25519",
            other => other.name(),
        });
        names.collect::<Vec<_>>().join(" ")
    }

    fn nonce_issuer(&self, origin: &ExternalOrigin) -> Result<NonceIssuer, ConfigError> {
        let keys = self.keys.clone().map_or_else(NonceKeys::random, Ok)?;
        let space = [origin.as_str().as_bytes(), self.realm.as_bytes()];
        let clock = Arc::clone(&self.clock);
        NonceIssuer::new(keys, "dpop", &space, clock, self.nonce_lifetime)
    }
}

impl<V: VerifyBoundToken> DpopBuilder<V> {
    /// Checks the configuration and builds the scheme.
    ///
    /// # Errors
    ///
    /// - The external origin is missing or is no origin: it needs `https`, and `http` is for the local machine only. Or the
    ///   prefix of the path is malformed.
    /// - The realm contains a control character.
    /// - There is no algorithm, or one of them is an HMAC.
    /// - `proof_age`, `clock_skew` or `nonce_lifetime` is out of its range.
    /// - A scope is empty, or the URL of the metadata is not valid.
    /// - The verifier [accepts no token](VerifyBoundToken::is_empty).
    /// - No backend for signatures is enabled (feature `jwt-aws-lc` or `jwt-rust-crypto`).
    /// - The system random number generator failed.
    pub fn build(self) -> Result<Dpop<V>, ConfigError> {
        self.check()?;
        if self.verifier.is_empty() {
            return Err(ConfigError::new(
                "the verifier of DPoP accepts no token: add at least one",
            ));
        }
        let origin = self.origin.as_deref().ok_or_else(|| {
            ConfigError::new("the external origin is missing: call `external_origin`")
        })?;
        let origin = ExternalOrigin::new(origin, &self.path_prefix)?;
        Ok(Dpop::from_core(DpopCore {
            challenges: DpopChallenges::new(self.challenge()?)?,
            nonces: self.nonce_issuer(&origin)?,
            verifier: self.verifier,
            origin,
            algorithms: self.algorithms.into(),
            window: ProofWindow {
                past: self.proof_age,
                future: self.clock_skew,
            },
            requires_nonce: self.nonces == DpopNonces::Required,
            nonce_tells_time: self.nonce_lifetime <= self.proof_age,
            store: self.store.unwrap_or_else(|| Arc::new(MemoryStore::new())),
            holders: self.holders,
            time: SteadyTime::new(Arc::clone(&self.clock)),
            clock: self.clock,
        }))
    }
}
