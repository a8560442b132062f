//! What a scheme of signatures can be told.

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
    /// Guards the protection space `realm` with the keys that `lookup` finds by their ids, for one region and service. The
    /// `timer` tells how old a signature is, and how long a body takes.
    ///
    /// # Errors
    ///
    /// The realm holds a control character, which no challenge can carry; or the region or the service is none.
    pub fn new(
        realm: &str,
        scope: CredentialScope<'_>,
        lookup: L,
        timer: impl Timer + Clone,
    ) -> Result<Self, ConfigError> {
        Self::builder(realm, scope, lookup, timer).build()
    }

    /// The same, with more to say.
    pub fn builder(
        realm: &str,
        scope: CredentialScope<'_>,
        lookup: L,
        timer: impl Timer + Clone,
    ) -> SigV4Builder<L> {
        SigV4Builder::new(realm, scope, lookup, timer)
    }
}

/// Builds a [`SigV4`].
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
        // Elsewhere than at S3 a stranger's body is read, too: what was signed is known only then.
        let longest = if scope.is_s3() { 16 << 20 } else { 1 << 20 };
        Self {
            realm: realm.to_owned(),
            lookup,
            rules: SigV4Rules::new(scope),
            clock: Arc::new(timer.clone()),
            whole: BodyLimits::new(timer.clone()).max_length(longest),
            streaming: BodyLimits::streaming(timer),
            largest_chunk: 1024 * 1024,
            once: None,
        }
    }

    /// Lets the clock of a client differ that much, in place of 15 minutes. A request that was overheard can be sent again
    /// for as long.
    pub const fn max_skew(mut self, skew: Duration) -> Self {
        self.rules.max_skew = skew;
        self
    }

    /// Signs paths by another rule than that of the service.
    pub const fn path_rule(mut self, rule: PathRule) -> Self {
        self.rules.path_rule = rule;
        self
    }

    /// Takes bodies that nobody has signed: `UNSIGNED-PAYLOAD`, which is all that a presigned URL can say, and
    /// `STREAMING-UNSIGNED-PAYLOAD-TRAILER`. Otherwise a body that is not signed must be empty.
    ///
    /// Whoever is between the client and this server may then send another body: do so behind TLS alone, and see
    /// [`require_tls`](crate::RequireAuth::require_tls).
    pub const fn unsigned_payloads(mut self) -> Self {
        self.rules.unsigned_payloads = true;
        self
    }

    /// Takes requests to which a session token was added after signing, as some services of AWS have it. The token has to
    /// be the right one all the same.
    pub const fn unsigned_session_token(mut self) -> Self {
        self.rules.unsigned_token = true;
        self
    }

    /// Takes a path that is signed as another: with dot segments, or empty ones, which [`PathRule::Normalized`] removes.
    ///
    /// Whoever has the signature of `/b` can then send `/a/../b`: the application has to take both for the same.
    pub const fn unnormalized_paths(mut self) -> Self {
        self.rules.any_path = true;
        self
    }

    /// Takes a `+` in a query, which is signed as `%2B`.
    ///
    /// Whoever has a signature can then send the one for the other: the application must not take `+` for a space.
    pub const fn literal_plus(mut self) -> Self {
        self.rules.literal_plus = true;
        self
    }

    /// Takes a body that is signed, and of a type that is not: curl up to 7.88 adds the type of a form by itself.
    ///
    /// Whoever is between the client and this server may then make a script of a picture.
    pub const fn unsigned_content_type(mut self) -> Self {
        self.rules.unsigned_type = true;
        self
    }

    /// Limits bodies that are kept until they have verified, in place of 16 MiB for S3 and 1 MiB for other services: those
    /// that are signed as a whole.
    ///
    /// Where the hash of the body is not named, as only S3 requires, a stranger's body is read as well.
    pub fn whole_bodies(mut self, limits: BodyLimits) -> Self {
        self.whole = limits;
        self
    }

    /// Hands a body that is signed as a whole on to the inner service while it arrives, and compares its hash at its end.
    /// Then the limits of [`streamed_bodies`](Self::streamed_bodies) apply to it, and not those of
    /// [`whole_bodies`](Self::whole_bodies). For example, s3fs signs parts of 20 MB as a whole, and S3 itself takes 5 GB.
    ///
    /// A body with another hash than the signed one reaches the inner service up to its last bytes, where an error takes
    /// their place. The layer then refuses the client. Use this method only if the inner service discards an upload that
    /// does not end cleanly, as a store does that writes into a file of its own and renames it at the end.
    pub const fn stream_whole_bodies(mut self) -> Self {
        self.rules.streamed_hashes = true;
        self
    }

    /// Limits bodies that are handed on chunk by chunk, in place of 1 KiB a second.
    pub fn streamed_bodies(mut self, limits: BodyLimits) -> Self {
        self.streaming = limits;
        self
    }

    /// Takes signed chunks of at most so many octets, in place of 1 MiB. A chunk is kept until its signature has verified.
    pub const fn largest_chunk(mut self, octets: usize) -> Self {
        self.largest_chunk = octets;
        self
    }

    /// Takes each signature once, and remembers it in `store` for as long as it is good, and 15 minutes more, so that a clock
    /// may be set back by as much.
    ///
    /// Clients sign again when they try again, if not within a second: then they send the same signature twice. Requests
    /// that do not name the hash of their body, in `x-amz-content-sha256`, are refused.
    pub fn once(mut self, store: impl ReplayStore) -> Self {
        self.once = Some(Arc::new(store));
        self
    }

    fn challenge(&self) -> Result<Challenge, ConfigError> {
        let parts = [&self.rules.region, &self.rules.service];
        let is_fit = |octet: u8| octet.is_ascii_alphanumeric() || b"-_.".contains(&octet);
        if parts
            .iter()
            .any(|part| part.is_empty() || !part.bytes().all(is_fit))
        {
            return Err(ConfigError::new(
                "a region and a service are letters, digits and -_. as in us-east-1 and s3",
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
    /// Builds it.
    ///
    /// # Errors
    ///
    /// As for [`SigV4::new`]; or the operating system has no random octets to give.
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
            dummy: dummy()?,
            clock: self.clock,
            whole: self.whole,
            streaming: self.streaming,
            largest_chunk: self.largest_chunk,
            once: self.once,
        }))
    }
}

/// A secret that nobody has, as long as those of AWS: a key of more than 64 octets, `AWS4` among them, is hashed before HMAC
/// takes it (RFC 2104 section 2), and whoever has a clock would know that nobody has the key.
fn dummy() -> Result<SecretString, ConfigError> {
    const LENGTH: usize = 40;
    let digits = HexHash::of(&random()?);
    Ok(SecretString::new(&digits.as_str()[..LENGTH]))
}

shows! { impl[L] SigV4Builder[L] as self { realm: self.realm, rules: self.rules } }

#[cfg(test)]
mod tests {
    use super::dummy;

    #[test]
    fn a_key_that_nobody_has_is_derived_like_one_of_aws() {
        let dummies = [(); 2].map(|()| dummy().expect("random octets"));
        let [one, other] = dummies.each_ref().map(|it| it.expose());
        assert_eq!(one.len(), "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".len());
        assert_ne!(one, other);
    }
}
