//! The configuration of a SigV4 scheme.

mod accepted;
mod bodies;

use std::sync::Arc;
use std::time::Duration;

use super::SigV4;
use super::access_keys::AccessKey;
use super::credential_scope::CredentialScope;
use super::error_challenges::ErrorChallenges;
use super::key_cache::KeyCache;
use super::rules::SigV4Rules;
use super::server::SigV4Core;
use crate::clock::{Clock, Timer};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::header::{Challenge, ChallengeBuilder, SchemeName};
use crate::password::Lookup;
use crate::random::random;
use crate::scheme::BodyLimits;
use crate::secret::SecretString;
use crate::store::ReplayStore;
use crate::text::hex::HexHash;

impl<L, I> SigV4<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Creates a scheme for the realm `realm` and for one region and service, with default settings.
    ///
    /// `lookup` finds the access key for an access key id. `timer` tells how old a signature is, and how long a client
    /// takes to send a body.
    ///
    /// # Errors
    ///
    /// Returns an error if the realm contains a control character, because a challenge cannot carry it, if the region
    /// or the service is empty or contains other characters than ASCII letters, digits, `-`, `_` and `.`, or if the
    /// system random number generator fails.
    pub fn new(
        realm: &str,
        scope: CredentialScope<'_>,
        lookup: L,
        timer: impl Timer + Clone,
    ) -> Result<Self, ConfigError> {
        Self::builder(realm, scope, lookup, timer).build()
    }

    /// Returns a builder with the same arguments as [`new`](Self::new), to change settings.
    pub fn builder(
        realm: &str,
        scope: CredentialScope<'_>,
        lookup: L,
        timer: impl Timer + Clone,
    ) -> SigV4Builder<L> {
        SigV4Builder::new(realm, scope, lookup, timer)
    }
}

/// Builds a [`SigV4`] scheme.
///
/// The defaults are the strict settings. Several methods accept requests that the defaults refuse. Where such a setting
/// helps an attacker, its documentation says how.
#[must_use]
pub struct SigV4Builder<L> {
    realm: String,
    lookup: L,
    rules: SigV4Rules,
    clock: Arc<dyn Clock>,
    /// The limits for whole bodies, or `None` for the default.
    whole: Option<BodyLimits>,
    default_whole: BodyLimits,
    streaming: BodyLimits,
    largest_chunk: usize,
    once: Option<Arc<dyn ReplayStore>>,
}

impl<L> SigV4Builder<L> {
    pub(super) fn new(
        realm: &str,
        scope: CredentialScope<'_>,
        lookup: L,
        timer: impl Timer + Clone,
    ) -> Self {
        Self {
            realm: realm.to_owned(),
            lookup,
            rules: SigV4Rules::new(scope),
            clock: Arc::new(timer.clone()),
            whole: None,
            default_whole: BodyLimits::new(timer.clone()),
            streaming: BodyLimits::streaming(timer),
            largest_chunk: 1024 * 1024,
            once: None,
        }
    }

    /// Allows the clock of a client to differ from the clock of this server by `skew`. The default is 15 minutes.
    ///
    /// A signature in a field is valid for this time after its signing time. An attacker who reads the request can send
    /// it again for as long.
    pub const fn max_skew(mut self, skew: Duration) -> Self {
        self.rules.max_skew = skew;
        self
    }

    /// Accepts each signature only once. The replay store `store` remembers the used signatures.
    ///
    /// The store remembers a signature until it expires, and for 15 minutes longer. The additional time allows the
    /// clock of this server to be set back by up to 15 minutes.
    ///
    /// A client that repeats a request signs it again. Within the same second, it creates the same signature, and the
    /// scheme refuses the second request as stale.
    ///
    /// With this setting, the scheme refuses requests without `x-amz-content-sha256` for services other than S3, too.
    /// S3 always requires it, except in presigned URLs.
    pub fn once(mut self, store: impl ReplayStore) -> Self {
        self.once = Some(Arc::new(store));
        self
    }

    fn challenge(&self) -> Result<ChallengeBuilder, ConfigError> {
        self.rules.scopes.check()?;
        let scope = self.rules.scopes.first();
        let challenge = Challenge::builder(SchemeName::AWS4_HMAC_SHA256)
            .quoted("realm", &self.realm)
            .quoted("service", scope.service)
            .quoted("region", scope.region);
        Ok(challenge)
    }
}

impl<L, I> SigV4Builder<L>
where
    L: Lookup<str, Record = AccessKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Builds the scheme.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`SigV4::new`].
    pub fn build(self) -> Result<SigV4<L>, ConfigError> {
        let challenge = self.challenge()?;
        let whole = self.whole.clone();
        let whole = whole.unwrap_or_else(|| self.default_whole());
        Ok(SigV4::from_core(SigV4Core {
            rules: Arc::new(SigV4Rules {
                errors: ErrorChallenges::new(&challenge)?,
                names_payload: self.once.is_some(),
                ..self.rules
            }),
            challenge: challenge.build()?,
            lookup: self.lookup,
            cache: KeyCache::new(),
            decoy_secret: decoy_secret()?,
            clock: self.clock,
            whole,
            streaming: self.streaming,
            largest_chunk: self.largest_chunk,
            once: self.once,
        }))
    }
}

/// Creates a random secret that stands in for the secret of an unknown access key.
///
/// It has 40 characters, like the secrets of AWS. HMAC first hashes a key of more than 64 bytes (RFC 2104 section 2).
/// The key consists of `AWS4` and the secret, so that a secret of more than 60 characters would take the time of an
/// additional hash. An attacker could tell from that time that the access key is unknown.
fn decoy_secret() -> Result<SecretString, ConfigError> {
    const LENGTH: usize = 40;
    let digits = HexHash::of(&random()?);
    Ok(SecretString::new(&digits.as_str()[..LENGTH]))
}

shows! { impl[L] SigV4Builder[L] as self { realm: self.realm, rules: self.rules } }

#[cfg(test)]
mod tests {
    use super::decoy_secret;

    #[test]
    fn a_decoy_secret_is_random_and_as_long_as_a_secret_of_aws() {
        let decoys = [(); 2].map(|()| decoy_secret().expect("random bytes"));
        let [one, other] = decoys.each_ref().map(|secret| secret.expose());
        assert_eq!(one.len(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".len());
        assert_ne!(one, other);
    }
}
