//! The errors of AWS for a signature that was refused before its access key was looked up.

use std::borrow::Cow;

use http::StatusCode;

use super::Denial;
use crate::error_params::SigV4Error;
use crate::header::{Challenge, SchemeName};

/// An error that the challenge of SigV4 reports, and the region that the challenge names.
pub(super) struct AwsSignatureError {
    error: SigV4Error,
    region: Option<String>,
}

impl AwsSignatureError {
    /// Reads the challenges, which the client gets, too. Returns `None` if none of them reports such an error. For
    /// example, the challenge for a wrong signature reports no error.
    pub(super) fn read(denial: &Denial) -> Option<Self> {
        denial.challenges().iter().find_map(|challenge| {
            let is_ours = challenge.scheme() == SchemeName::AWS4_HMAC_SHA256;
            let code = challenge.param("error").filter(|_| is_ours)?;
            let error = SigV4Error::of_code(&code.to_bytes())?;
            let region = region(challenge).filter(|_| error == SigV4Error::WrongRegion);
            Some(Self { error, region })
        })
    }

    /// The region for which the client must sign, if it has signed for another one. It has ASCII letters, digits and
    /// `-_.` only.
    pub(super) fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Returns the code of S3.
    pub(super) const fn s3_code(&self, is_presigned: bool) -> &'static str {
        match self.error {
            _ if !self.is_of_scope() => self.time_code(),
            _ if is_presigned => "AuthorizationQueryParametersError",
            _ => "AuthorizationHeaderMalformed",
        }
    }

    /// Returns the code of services with JSON.
    pub(super) const fn json_code(&self) -> &'static str {
        match self.is_of_scope() {
            true => "SignatureDoesNotMatch",
            false => self.time_code(),
        }
    }

    const fn time_code(&self) -> &'static str {
        match self.error {
            SigV4Error::ClockSkew => "RequestTimeTooSkewed",
            _ => "AccessDenied",
        }
    }

    /// Returns the status of S3. s3cmd and s3fs look for the region in a `400` only.
    pub(super) const fn s3_status(&self) -> StatusCode {
        match self.is_of_scope() {
            true => StatusCode::BAD_REQUEST,
            false => StatusCode::FORBIDDEN,
        }
    }

    const fn is_of_scope(&self) -> bool {
        use SigV4Error as E;
        matches!(self.error, E::WrongDay | E::WrongRegion | E::WrongService)
    }

    /// Returns the text for a person. It has no part of the request, and nothing that XML or JSON would have to escape.
    pub(super) fn message(&self) -> Cow<'static, str> {
        Cow::Borrowed(match (self.error, &self.region) {
            (SigV4Error::WrongRegion, Some(region)) => {
                return Cow::Owned(format!("The region is wrong; expecting '{region}'"));
            }
            (SigV4Error::WrongRegion, None) => "The region of the credential scope is wrong.",
            (SigV4Error::WrongService, _) => "The service of the credential scope is wrong.",
            (SigV4Error::WrongDay, _) => {
                "The day of the credential scope is not the day of X-Amz-Date."
            }
            (SigV4Error::ClockSkew, _) => {
                "The difference between the request time and the current time is too large."
            }
            (SigV4Error::Expired, _) => "Request has expired",
            (SigV4Error::NotYetValid, _) => "Request is not valid yet",
        })
    }
}

/// Returns whether the layer offers SigV4. A `401` has the challenges of all schemes.
pub(super) fn offers_sigv4(denial: &Denial) -> bool {
    let mut challenges = denial.challenges().iter();
    challenges.any(|challenge| challenge.scheme() == SchemeName::AWS4_HMAC_SHA256)
}

/// Returns the region of a challenge, if it is a name that a body and a field can carry without an escape.
fn region(challenge: &Challenge) -> Option<String> {
    let region = challenge.param("region")?.to_bytes().into_owned();
    let is_fit = |byte: &u8| byte.is_ascii_alphanumeric() || b"-_.".contains(byte);
    let region = String::from_utf8(region).ok();
    region.filter(|region| !region.is_empty() && region.as_bytes().iter().all(is_fit))
}
