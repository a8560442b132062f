//! The error of a Mutual client.

use std::error::Error;

use crate::derives::writes;

/// Says why a client ends an exchange or a session. The client has not logged in, or the server has not proved itself.
///
/// # Example
///
/// ```
/// use http::HeaderValue;
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::mutual::{HostValidation, MutualClient};
///
/// let client = MutualClient::new("ada", Secret::new("lovelace"))?;
/// let host = HostValidation::host("http://example.com").expect("an origin");
/// let error = client.begin(&host, &HeaderValue::from_static(r#"Basic realm="notes""#)).err();
/// assert_eq!(error.map(|error| error.to_string()).as_deref(), Some("the field has no challenge of Mutual"));
/// # Ok::<(), tower_challenge::scheme::mutual::MutualClientError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MutualClientError(&'static str);

impl MutualClientError {
    pub(super) const fn new(text: &'static str) -> Self {
        Self(text)
    }
}

writes! { impl[] MutualClientError[] as self => self.0 }

impl Error for MutualClientError {}
