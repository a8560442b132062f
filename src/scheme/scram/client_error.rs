//! The error of a SCRAM client.

use std::error::Error;

use crate::derives::writes;
use crate::reason::ReasonText;

/// Says why a client ends an exchange. The client has not logged in, or the server has not proved itself.
///
/// # Example
///
/// ```
/// use http::HeaderValue;
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::scram::{ScramClient, ScramMechanism};
///
/// let client = ScramClient::new(ScramMechanism::Sha256, "ada", Secret::new("lovelace"))?;
/// let first = client.first(None)?;
/// let error = first.answer(&HeaderValue::from_static(r#"SCRAM-SHA-256 realm="notes""#)).err();
/// assert_eq!(error.map(|error| error.to_string()).as_deref(), Some("the challenge has no sid or no data"));
/// # Ok::<(), tower_challenge::scheme::scram::ScramClientError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ScramClientError(&'static str);

impl ScramClientError {
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }
}

pub(super) fn of_reason(reason: ReasonText) -> ScramClientError {
    ScramClientError::new(reason.text())
}

writes! { impl[] ScramClientError[] as self => self.0 }

impl Error for ScramClientError {}
