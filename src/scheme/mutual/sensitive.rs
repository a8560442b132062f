//! The credentials of a client as the value of a field.

use http::HeaderValue;

use super::client_error::MutualClientError;
use crate::header::Challenge;

/// The credentials as a field value that `Debug` does not show. They have the form of a challenge.
pub(super) fn sensitive(credentials: Option<Challenge>) -> Result<HeaderValue, MutualClientError> {
    let credentials = credentials.ok_or(MutualClientError::new(
        "the name, the realm or the sid cannot be sent",
    ))?;
    let mut value = credentials.into_value();
    value.set_sensitive(true);
    Ok(value)
}
