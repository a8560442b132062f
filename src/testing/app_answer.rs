//! What came back?

use std::fmt;

use http::{HeaderName, Response, StatusCode};

use crate::header::{Challenge, WwwAuthenticate};
use crate::scheme::ServerRole;

/// What an application answered.
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

    /// Whether it has the same fields, in the same order. What is in them may be new each time.
    pub(super) fn has_fields_of(&self, other: &Self) -> bool {
        self.fields == other.fields
    }

    /// Whether it looks like the answer of a layer for CORS to a preflight.
    pub(super) fn grants_origins(&self) -> bool {
        let success = self.status.is_some_and(|it| it.is_success());
        success && self.grants().next().is_some()
    }

    /// Whether it grants other origins what `other` does. A router may add fields of its own where it knows the path, `Allow`
    /// for one.
    pub(super) fn grants_what(&self, other: &Self) -> bool {
        self.status == other.status && self.grants().eq(other.grants())
    }

    fn grants(&self) -> impl Iterator<Item = &HeaderName> {
        let fields = self.fields.iter();
        fields.filter(|it| it.as_str().starts_with("access-control-"))
    }

    /// The status; `None` if there was no response, but an error.
    #[must_use]
    pub const fn status(&self) -> Option<StatusCode> {
        self.status
    }

    /// The challenges; `None` if they cannot be read.
    #[must_use]
    pub fn challenges(&self) -> Option<&[Challenge]> {
        self.challenges.as_deref()
    }
}

/// The status, and the schemes of the challenges: what of an answer is the same every time.
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
