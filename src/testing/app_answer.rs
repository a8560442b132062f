//! Records what an application answered to a request of the survey.

use std::fmt;

use http::{HeaderName, Response, StatusCode};

use crate::header::{Challenge, WwwAuthenticate};
use crate::scheme::ServerRole;

/// The answer of the application to one request: its status, its challenges, and the names of its fields.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppAnswer {
    status: Option<StatusCode>,
    challenges: Option<Vec<Challenge>>,
    fields: Vec<HeaderName>,
}

impl AppAnswer {
    pub(super) fn of<B>(response: &Response<B>, role: ServerRole) -> Self {
        let lines = response.headers().get_all(role.challenge_field()).iter();
        let read = WwwAuthenticate::parse(lines.map(http::HeaderValue::as_bytes));
        Self {
            status: Some(response.status()),
            challenges: read.ok().map(|read| read.as_slice().to_vec()),
            fields: response.headers().keys().cloned().collect(),
        }
    }

    pub(super) const fn failed() -> Self {
        Self {
            status: None,
            challenges: None,
            fields: Vec::new(),
        }
    }

    /// Returns whether both answers have the same field names in the same order. The values may differ each time, for
    /// example in `Date`.
    pub(super) fn has_fields_of(&self, other: &Self) -> bool {
        self.fields == other.fields
    }

    /// Returns whether this looks like the answer of a CORS layer to a preflight.
    pub(super) fn grants_origins(&self) -> bool {
        let success = self.status.is_some_and(|status| status.is_success());
        success && self.grants().next().is_some()
    }

    /// Returns whether both answers have the same status and the same CORS fields.
    ///
    /// Other fields may differ: for a path that it knows, a router may add fields of its own, such as `Allow`.
    pub(super) fn grants_what(&self, other: &Self) -> bool {
        self.status == other.status && self.grants().eq(other.grants())
    }

    fn grants(&self) -> impl Iterator<Item = &HeaderName> {
        let fields = self.fields.iter();
        fields.filter(|name| name.as_str().starts_with("access-control-"))
    }

    /// Returns the status, or `None` if the service returned an error in place of a response.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// Returns the challenges, or `None` if they cannot be parsed, or if the service returned an error.
    #[must_use]
    pub fn challenges(&self) -> Option<&[Challenge]> {
        self.challenges.as_deref()
    }
}

/// Shows the status and the schemes of the challenges, such as `401 Digest, Basic`. These are the same in every run.
impl fmt::Display for AppAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(status) = self.status else {
            return f.write_str("failed");
        };
        write!(f, "{}", status.as_u16())?;
        let challenges = self.challenges().unwrap_or_default().iter();
        for (number, challenge) in challenges.enumerate() {
            let before = if number == 0 { " " } else { ", " };
            write!(f, "{before}{}", challenge.scheme().as_str())?;
        }
        Ok(())
    }
}
