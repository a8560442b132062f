//! What a request has to sign, and when.

use std::time::{Duration, SystemTime};

use http::HeaderMap;
use http::header::{CONTENT_TYPE, HeaderName};

use super::amz_date::AmzDate;
use super::canonical::{PathRule, SignedHeaders};
use super::credential_scope::{CredentialParam, CredentialScope};
use super::payload::SignedPayload;
use crate::scheme::Refusal;

/// What a server insists on.
#[derive(Clone, Debug)]
pub(super) struct SigV4Rules {
    pub(super) region: String,
    pub(super) service: String,
    pub(super) is_s3: bool,
    pub(super) path_rule: PathRule,
    pub(super) max_skew: Duration,
    /// Whether a body may come that nobody has signed.
    pub(super) unsigned_payloads: bool,
    /// Whether the session token may be added after signing.
    pub(super) unsigned_token: bool,
    /// Whether a path may come that is signed as another.
    pub(super) any_path: bool,
    /// Whether `+` in a query may be sent for `%2B`.
    pub(super) literal_plus: bool,
    /// Whether the content type of a signed body need not be signed.
    pub(super) unsigned_type: bool,
    /// Whether a body that is signed as a whole is handed on while it comes.
    pub(super) streamed_hashes: bool,
    /// Whether the hash of the body has to be named.
    pub(super) names_payload: bool,
}

impl SigV4Rules {
    /// Those of the service of `scope`, with nothing that has to be asked for.
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
            streamed_hashes: false,
            names_payload: false,
        }
    }

    pub(super) fn scope(&self) -> CredentialScope<'_> {
        CredentialScope {
            region: &self.region,
            service: &self.service,
        }
    }

    /// Whether everything that has to be signed is: what is not, anybody could have added.
    pub(super) fn covers(
        &self,
        headers: &HeaderMap,
        signed: SignedHeaders<'_>,
        payload: SignedPayload,
    ) -> Result<(), Refusal> {
        if !signed.contain("host") {
            return Err(Refusal::wrong("the host is not signed"));
        }
        let has_to_be = |name: &&HeaderName| {
            let name = name.as_str();
            name.starts_with("x-amz-") && !(self.unsigned_token && name == "x-amz-security-token")
        };
        let mut names = headers.keys().filter(has_to_be);
        if !names.all(|name| signed.contain(name.as_str())) {
            return Err(Refusal::wrong("an x-amz- field is not signed"));
        }
        // It says what the body means, and is worth as much as the body is.
        let has_type = headers.contains_key(CONTENT_TYPE) && payload.covers_body();
        if has_type && !self.unsigned_type && !signed.contain(CONTENT_TYPE.as_str()) {
            return Err(Refusal::wrong("the content type is not signed"));
        }
        Ok(())
    }

    /// For how long the signature could be presented again.
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
            return Err(Refusal::stale("signed in the future"));
        }
        let age = now.duration_since(start);
        let early = age.as_ref().err().map(|early| early.duration());
        let left = end.checked_sub(age.unwrap_or_default());
        let left = left.ok_or_else(|| Refusal::stale("signed too long ago"))?;
        Ok(left.saturating_add(early.unwrap_or_default()))
    }

    /// Whether the scope is that of this server, and of the day on which the request was signed.
    pub(super) fn is_ours(
        &self,
        credential: &CredentialParam<'_>,
        signed_at: &AmzDate,
    ) -> Result<(), Refusal> {
        if credential.day.as_bytes() != signed_at.day() {
            return Err(Refusal::wrong("the scope is of another day"));
        }
        if credential.scope != self.scope() {
            return Err(Refusal::wrong("the scope is another"));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{AmzDate, CredentialScope, SigV4Rules};

    #[test]
    fn a_signature_is_good_from_its_time_less_the_skew_to_its_end() {
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
                .map(|it| it.as_secs())
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
