//! The rules that a signed request must follow: signed header fields, signing time and credential scope.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};

use super::amz_date::AmzDate;
use super::canonical::{PathRule, SignedHeaders};
use super::credential_scope::{CredentialParam, CredentialScope};
use super::payload::SignedPayload;
use crate::scheme::Refusal;

/// The settings of a scheme.
#[derive(Clone, Debug)]
pub(super) struct SigV4Rules {
    pub(super) region: String,
    pub(super) service: String,
    pub(super) is_s3: bool,
    pub(super) path_rule: PathRule,
    pub(super) max_skew: Duration,
    /// `true` to accept unsigned bodies.
    pub(super) unsigned_payloads: bool,
    /// `true` to accept a session token that was added after signing.
    pub(super) unsigned_token: bool,
    /// `true` to accept paths that are not normalized.
    pub(super) any_path: bool,
    /// `true` to accept `+` in a query, which is signed as `%2B`.
    pub(super) literal_plus: bool,
    /// `true` to accept a signed body whose content type is not signed.
    pub(super) unsigned_type: bool,
    /// `true` if the client must send `x-amz-content-sha256`.
    pub(super) names_payload: bool,
}

impl SigV4Rules {
    /// Returns the strict settings for the service of `scope`.
    pub(super) fn new(scope: CredentialScope<'_>) -> Self {
        let is_s3 = scope.is_s3();
        Self {
            region: scope.region.to_owned(),
            service: scope.service.to_owned(),
            is_s3,
            path_rule: if is_s3 {
                PathRule::Once
            } else {
                PathRule::Normalized
            },
            max_skew: Duration::from_secs(15 * 60),
            unsigned_payloads: false,
            unsigned_token: false,
            any_path: false,
            literal_plus: false,
            unsigned_type: false,
            names_payload: false,
        }
    }

    pub(super) fn scope(&self) -> CredentialScope<'_> {
        CredentialScope {
            region: &self.region,
            service: &self.service,
        }
    }

    /// Checks that all required header fields are signed. An attacker between the client and this server could have
    /// added an unsigned field.
    pub(super) fn covers(
        &self,
        headers: &HeaderMap,
        signed: SignedHeaders<'_>,
        payload: SignedPayload,
    ) -> Result<(), Refusal> {
        if !signed.contain("host") {
            return Err(Refusal::wrong("the host is not signed"));
        }
        let must_be_signed = |name: &&HeaderName| {
            let name = name.as_str();
            name.starts_with("x-amz-") && !(self.unsigned_token && name == "x-amz-security-token")
        };
        let mut names = headers.keys().filter(must_be_signed);
        if !names.all(|name| signed.contain(name.as_str())) {
            return Err(Refusal::wrong("an x-amz- field is not signed"));
        }
        // The content type decides how the application reads the body. If the body is signed, its type must be signed
        // as well.
        let has_type = headers.contains_key(CONTENT_TYPE) && payload.covers_body();
        if has_type && !self.unsigned_type && !signed.contain(CONTENT_TYPE.as_str()) {
            return Err(Refusal::wrong("the content type is not signed"));
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
    ) -> Result<Duration, Refusal> {
        let (start, end) = (signed_at.time(), lifetime.unwrap_or(self.max_skew));
        if start
            .duration_since(now)
            .is_ok_and(|early| early > self.max_skew)
        {
            return Err(Refusal::stale(
                "the signing time is too far in the future: check the clocks",
            ));
        }
        let age = now.duration_since(start);
        let early = age.as_ref().err().map(|early| early.duration());
        let remaining = end.checked_sub(age.unwrap_or_default());
        let remaining = remaining.ok_or_else(|| Refusal::stale("the signature has expired"))?;
        Ok(remaining.saturating_add(early.unwrap_or_default()))
    }

    /// Checks that the credential scope names the region and the service of this server, and the day of the signing
    /// time.
    pub(super) fn is_ours(
        &self,
        credential: &CredentialParam<'_>,
        signed_at: &AmzDate,
    ) -> Result<(), Refusal> {
        if credential.day.as_bytes() != signed_at.day() {
            return Err(Refusal::wrong(
                "credential scope mismatch: not the day of the signing time",
            ));
        }
        if credential.scope != self.scope() {
            return Err(Refusal::wrong(
                "credential scope mismatch: another region or service",
            ));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

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
            rules
                .remaining(&start, lifetime, now)
                .ok()
                .map(|remaining| remaining.as_secs())
        };
        assert_eq!(remaining(-901, None), None);
        assert_eq!(remaining(-900, None), Some(1800));
        assert_eq!(remaining(0, None), Some(900));
        assert_eq!(remaining(900, None), Some(0));
        assert_eq!(remaining(901, None), None);
        assert_eq!(remaining(-901, Some(3600)), None);
        assert_eq!(remaining(-900, Some(3600)), Some(4500));
        assert_eq!(remaining(3600, Some(3600)), Some(0));
        assert_eq!(remaining(3601, Some(3600)), None);
        assert_eq!(remaining(2, Some(1)), None);
    }
}
