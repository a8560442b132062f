//! The configuration of a SigV4 scheme.

use std::sync::Arc;
use std::time::Duration;

use super::SigV4;
use super::access_keys::AccessKey;
use super::canonical::PathRule;
use super::credential_scope::CredentialScope;
use super::key_cache::KeyCache;
use super::rules::SigV4Rules;
use super::server::SigV4Core;
use crate::clock::{Clock, Timer};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::header::{Challenge, SchemeName};
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
    whole: BodyLimits,
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
        // The limit is lower for services other than S3: their clients need not send the hash of the body, so that the
        // layer must read the body before it can verify the signature. Clients without a key can make it read bodies,
        // too.
        let max_length = if scope.is_s3() { 16 << 20 } else { 1 << 20 };
        Self {
            realm: realm.to_owned(),
            lookup,
            rules: SigV4Rules::new(scope),
            clock: Arc::new(timer.clone()),
            whole: BodyLimits::new(timer.clone()).max_length(max_length),
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

    /// Sets the rule by which the path becomes part of the canonical request. The default is the rule of the service:
    /// [`PathRule::Once`] for S3, and [`PathRule::Normalized`] for all others.
    pub const fn path_rule(mut self, rule: PathRule) -> Self {
        self.rules.path_rule = rule;
        self
    }

    /// Accepts bodies that the client has not signed: `UNSIGNED-PAYLOAD` and `STREAMING-UNSIGNED-PAYLOAD-TRAILER`. A
    /// presigned URL for S3 has the payload `UNSIGNED-PAYLOAD` unless the request has `X-Amz-Content-Sha256`.
    ///
    /// Without this setting, the scheme accepts a request with `UNSIGNED-PAYLOAD` only if its body is empty, and
    /// refuses `STREAMING-UNSIGNED-PAYLOAD-TRAILER`.
    ///
    /// An attacker between the client and this server can replace an unsigned body. Use this setting only behind TLS,
    /// see [`require_tls`](crate::RequireAuth::require_tls).
    pub const fn unsigned_payloads(mut self) -> Self {
        self.rules.unsigned_payloads = true;
        self
    }

    /// Accepts requests to which the client has added the session token after signing, as some services of AWS require.
    ///
    /// The session token must still be the one of the access key.
    pub const fn unsigned_session_token(mut self) -> Self {
        self.rules.unsigned_token = true;
        self
    }

    /// Accepts paths with dot segments or empty segments, which [`PathRule::Normalized`] removes before signing.
    ///
    /// Different paths then have the same signature. For example, an attacker who has a signed request for `/b` can
    /// send it for `/a/../b`. Use this setting only if the application treats both paths alike.
    pub const fn unnormalized_paths(mut self) -> Self {
        self.rules.any_path = true;
        self
    }

    /// Accepts a `+` in the query. It is signed as `%2B`.
    ///
    /// An attacker who has a signed request with `%2B` can then send it with `+`, and the other way around. Use this
    /// setting only if the application does not decode `+` as a space.
    pub const fn literal_plus(mut self) -> Self {
        self.rules.literal_plus = true;
        self
    }

    /// Accepts requests that sign the body and do not sign `Content-Type`. For example, curl up to 7.88 adds the
    /// content type of a form without signing it.
    ///
    /// An attacker between the client and this server can change an unsigned content type. For example, an image could
    /// be served as a script.
    pub const fn unsigned_content_type(mut self) -> Self {
        self.rules.unsigned_type = true;
        self
    }

    /// Sets the limits for bodies that are signed as a whole, which the layer keeps in memory until they are verified.
    /// The default is 16 MiB for S3 and 1 MiB for other services, with the times of [`BodyLimits::new`].
    ///
    /// S3 clients must send the hash of the body in `x-amz-content-sha256`; clients of other services need not. Without
    /// the hash, the layer reads the body before it can verify the signature. It then also reads the bodies of clients
    /// that have no access key.
    pub fn whole_bodies(mut self, limits: BodyLimits) -> Self {
        self.whole = limits;
        self
    }

    /// Sets the limits for bodies that the inner service reads while the layer verifies them. The default is
    /// [`BodyLimits::streaming`]: any length, at a rate of at least 1 KiB a second.
    pub fn streamed_bodies(mut self, limits: BodyLimits) -> Self {
        self.streaming = limits;
        self
    }

    /// Sets the largest size of a signed chunk, in bytes. The default is 1 MiB.
    ///
    /// The layer keeps each chunk in memory until its chunk signature has verified.
    pub const fn largest_chunk(mut self, bytes: usize) -> Self {
        self.largest_chunk = bytes;
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

    fn challenge(&self) -> Result<Challenge, ConfigError> {
        let parts = [&self.rules.region, &self.rules.service];
        let is_fit = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.bytes().all(is_fit))
        {
            return Err(ConfigError::new(
                "the region and the service must consist of ASCII letters, digits and -_. as in us-east-1 and s3",
            ));
        }
        let challenge = Challenge::builder(SchemeName::AWS4_HMAC_SHA256)
            .quoted("realm", &self.realm)
            .quoted("service", &self.rules.service)
            .quoted("region", &self.rules.region);
        Ok(challenge.build()?)
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
        Ok(SigV4::from_core(SigV4Core {
            challenge,
            rules: Arc::new(SigV4Rules {
                names_payload: self.once.is_some(),
                ..self.rules
            }),
            lookup: self.lookup,
            cache: KeyCache::new(),
            decoy_secret: decoy_secret()?,
            clock: self.clock,
            whole: self.whole,
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
