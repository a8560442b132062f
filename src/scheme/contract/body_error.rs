//! Why is a body not handed on?

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::Refusal;

/// Why a body that has to be verified is not handed on, or not any further.
///
/// Where the inner service has the body already, this is the error of the body, for [`downcast_ref`](Error). The inner
/// service need not turn it into a response: the layer answers as is said here.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum BodyError {
    /// It is longer than may be read: `413`.
    TooLong,
    /// It took too long, or came too slowly: `408`.
    TooSlow,
    /// It broke off, or could not be decoded: `400`.
    Broken(Arc<dyn Error + Send + Sync>),
    /// It does not verify: as with every [`Refusal`], `401` or `400`.
    Refused(Refusal),
    /// The check panicked: `503`.
    Panicked,
}

impl fmt::Display for BodyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the request body is longer than may be read",
            Self::TooSlow => "the request body came too slowly",
            Self::Broken(_) => "the request body broke off",
            Self::Refused(_) => "the request body does not verify",
            Self::Panicked => "the request body could not be judged",
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
