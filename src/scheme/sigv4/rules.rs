//! The rules that a signed request must follow: signed header fields, signing time and credential scope.

use std::time::{Duration, SystemTime};

use http::{HeaderMap, HeaderName};

use super::accepted_scopes::AcceptedScopes;
use super::amz_date::AmzDate;
use super::canonical::{PathRule, SignedHeaders};
use super::credential_scope::CredentialScope;
use super::error_challenges::ErrorChallenges;
use super::fields::{CONTENT_SHA256, SECURITY_TOKEN, SignatureFields};
use super::payload::SignedPayload;
use super::reasons;
use crate::error_params::SigV4Error;
use crate::scheme::Refusal;

/// The settings of a scheme.
#[derive(Clone, Debug)]
pub(super) struct SigV4Rules {
    pub(super) scopes: AcceptedScopes,
    /// The challenges that tell a client its error.
    pub(super) errors: ErrorChallenges,
    /// The rule for all paths, or `None` for the rule of the service that the client names.
    pub(super) path_rule: Option<PathRule>,
    pub(super) max_skew: Duration,
    /// `true` to accept unsigned bodies.
    pub(super) unsigned_payloads: bool,
    /// `true` to accept a session token that was added after signing.
    pub(super) unsigned_token: bool,
    /// `true` to accept paths that are not normalized.
    pub(super) any_path: bool,
    /// `true` to accept `+` in a query, which is signed as `%2B`.
    pub(super) literal_plus: bool,
    /// `true` to accept query parameters with equal names. The signature does not cover their order.
    pub(super) repeated_parameters: bool,
    /// `true` to accept a signed body whose content type is not signed.
    pub(super) unsigned_type: bool,
    /// `true` to pass a body that is signed as a whole on while it arrives.
    pub(super) streamed_hashes: bool,
    /// `true` if the client must send `x-amz-content-sha256`.
    pub(super) names_payload: bool,
}

impl SigV4Rules {
    /// Returns the strict settings for the service of `scope`.
    pub(super) fn new(scope: CredentialScope<'_>) -> Self {
        Self {
            scopes: AcceptedScopes::new(scope),
            errors: ErrorChallenges::default(),
            path_rule: None,
            max_skew: Duration::from_secs(15 * 60),
            unsigned_payloads: false,
            unsigned_token: false,
            any_path: false,
            literal_plus: false,
            repeated_parameters: false,
            unsigned_type: false,
            streamed_hashes: false,
            names_payload: false,
        }
    }

    /// Returns the rule for the path of a request to the service of `scope`.
    pub(super) fn path_rule(&self, scope: CredentialScope<'_>) -> PathRule {
        self.path_rule.unwrap_or(match scope.is_s3() {
            true => PathRule::Once,
            false => PathRule::Normalized,
        })
    }

    /// Checks that all required header fields are signed. An attacker between the client and this server could have
    /// added an unsigned field. No signature has been compared, so a refusal does not count as a guess.
    ///
    /// `x-amz-content-sha256` need not be in the list, because its value is the last line of the canonical request. For
    /// example, aws-requests-auth does not list it.
    pub(super) fn covers(
        &self,
        headers: &HeaderMap,
        fields: &SignatureFields<'_>,
        signed: SignedHeaders<'_>,
        payload: SignedPayload,
    ) -> Result<(), Refusal> {
        if !signed.contain("host") {
            return Err(Refusal::wrong_because(reasons::HOST_NOT_SIGNED).uncounted());
        }
        let must_be_signed = |name: &&str| match *name {
            CONTENT_SHA256 => false,
            SECURITY_TOKEN => !self.unsigned_token,
            _ => name.starts_with("x-amz-"),
        };
        let names = headers.keys().map(HeaderName::as_str);
        if !names
            .filter(must_be_signed)
            .all(|name| signed.contain(name))
        {
            return Err(Refusal::wrong_because(reasons::AMZ_FIELD_NOT_SIGNED).uncounted());
        }
        // The content type decides how the application reads the body. If the body is signed, its type must be signed
        // as well.
        let has_type = fields.content_type.are_present() && payload.covers_body();
        if has_type && !self.unsigned_type && !signed.contain("content-type") {
            return Err(Refusal::wrong_because(reasons::CONTENT_TYPE_NOT_SIGNED).uncounted());
        }
        Ok(())
    }

    /// Checks the signing time, and returns for how long a client could present the signature again.
    ///
    /// A signature in a field is valid for `max_skew` after the signing time, and a presigned URL for its `lifetime`.
    /// Both are already valid for `max_skew` before the signing time, because the clock of the client may be ahead.
    pub(super) fn remaining(
        &self,
        signed_at: &AmzDate,
        lifetime: Option<Duration>,
        now: SystemTime,
    ) -> Result<Duration, SigV4Error> {
        let (early, age) = match now.duration_since(signed_at.time()) {
            Ok(age) => (Duration::ZERO, age),
            Err(early) => (early.duration(), Duration::ZERO),
        };
        if early > self.max_skew {
            return Err(lifetime.map_or(SigV4Error::ClockSkew, |_| SigV4Error::NotYetValid));
        }
        let remaining = lifetime.unwrap_or(self.max_skew).checked_sub(age);
        let late = lifetime.map_or(SigV4Error::ClockSkew, |_| SigV4Error::Expired);
        Ok(remaining.ok_or(late)?.saturating_add(early))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::SigV4Error::{ClockSkew, Expired, NotYetValid};
    use super::{AmzDate, CredentialScope, SigV4Rules};

    #[test]
    fn a_signature_is_valid_from_the_skew_before_its_signing_time_until_it_expires() {
        let start = AmzDate::read(b"20150830T123600Z").expect("a date");
        let rules = SigV4Rules::new(CredentialScope {
            region: "us-east-1",
            service: "s3",
        });
        let remaining = |seconds: i64, lifetime: Option<u64>| {
            let offset = Duration::from_secs(seconds.unsigned_abs());
            let now = match seconds < 0 {
                true => start.time() - offset,
                false => start.time() + offset,
            };
            let lifetime = lifetime.map(Duration::from_secs);
            let remaining = rules.remaining(&start, lifetime, now);
            remaining.map(|remaining| remaining.as_secs())
        };
        assert_eq!(remaining(-901, None), Err(ClockSkew));
        assert_eq!(remaining(-900, None), Ok(1800));
        assert_eq!(remaining(0, None), Ok(900));
        assert_eq!(remaining(900, None), Ok(0));
        assert_eq!(remaining(901, None), Err(ClockSkew));
        assert_eq!(remaining(-901, Some(3600)), Err(NotYetValid));
        assert_eq!(remaining(-900, Some(3600)), Ok(4500));
        assert_eq!(remaining(3600, Some(3600)), Ok(0));
        assert_eq!(remaining(3601, Some(3600)), Err(Expired));
        assert_eq!(remaining(2, Some(1)), Err(Expired));
    }
}
