//! The reasons for which the layer refuses a request body.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Refusal;
use crate::body_limits::BodyLimitExceeded;

/// The reason why the layer stops passing on a request body that must be verified.
///
/// If the inner service already reads the body, this is the error that reading returns. The inner service can find it
/// with [`downcast_ref`](Error). It does not have to turn the error into a response: the layer replaces the response of
/// the inner service with the status below. For example, a body whose third chunk has a wrong signature leads to `401`,
/// even if the inner service answers `200`.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// The body is longer than its limits allow: `413`.
    TooLong,
    /// The client took too long to send the body, or sent it too slowly: `408`.
    TooSlow,
    /// The body broke off, or could not be decoded: `400`.
    Broken(Arc<dyn Error + Send + Sync>),
    /// The body failed verification. The status is that of the [`Refusal`]: `401` or `400`.
    Refused(Refusal),
    /// The check panicked: `503`.
    Panicked,
}

impl From<BodyLimitExceeded> for BodyError {
    fn from(limit: BodyLimitExceeded) -> Self {
        match limit {
            BodyLimitExceeded::TooLong => Self::TooLong,
            BodyLimitExceeded::TooSlow => Self::TooSlow,
        }
    }
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the request body is too long",
            Self::TooSlow => "the request body arrived too slowly",
            Self::Broken(_) => "the request body broke off or could not be decoded",
            Self::Refused(_) => "the request body failed verification",
            Self::Panicked => "the check of the request body panicked",
        })
    }
}

impl Error for BodyError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::Broken(error) => Some(&**error),
            _ => None,
        }
    }
}
