//! The auth-params that say what was wrong with an access token (RFC 6750 section 3, RFC 9470 section 3).

use super::{ChallengeBuilder, InvalidChallenge};
use crate::config_error::ConfigError;

/// `error`, and the auth-params that go with it. Checked when it is made, so that a challenge can always carry it.
///
/// ```
/// use tower_challenge::header::ErrorParams;
///
/// assert!(ErrorParams::insufficient_scope("read write").is_ok());
/// assert!(ErrorParams::insufficient_scope("re\"ad").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorParams {
    error: &'static str,
    others: Vec<(&'static str, String)>,
}

impl ErrorParams {
    /// The request is malformed: a parameter is missing, repeated, or of a kind that is not supported.
    #[must_use]
    pub const fn invalid_request() -> Self {
        Self::new("invalid_request")
    }

    /// The access token is expired, revoked, malformed, or unknown.
    #[must_use]
    pub const fn invalid_token() -> Self {
        Self::new("invalid_token")
    }

    /// The access token does not allow what was asked; these scopes would.
    ///
    /// # Errors
    ///
    /// A scope holds what RFC 6749 section 3.3 does not allow in one.
    pub fn insufficient_scope(scopes: &str) -> Result<Self, ConfigError> {
        Self::new("insufficient_scope").with("scope", scopes)
    }

    /// The user has to log in in another way, or again: one of these classes of login (space-separated, preferred
    /// first), not longer ago than `max_age` seconds.
    ///
    /// # Errors
    ///
    /// A class holds what no quoted string can, or is empty.
    pub fn insufficient_user_authentication(
        acr_values: Option<&str>,
        max_age: Option<u32>,
    ) -> Result<Self, ConfigError> {
        let mut error = Self::new("insufficient_user_authentication");
        if let Some(values) = acr_values {
            // RFC 9470 section 3: "A space-separated string", as those of scopes are.
            if values.split(' ').any(str::is_empty) {
                return Err(ConfigError::new(
                    "a class of login is empty: separate them by one space",
                ));
            }
            error = error.with("acr_values", values)?;
        }
        match max_age {
            Some(seconds) => error.with("max_age", &seconds.to_string()),
            None => Ok(error),
        }
    }

    const fn new(error: &'static str) -> Self {
        Self {
            error,
            others: Vec::new(),
        }
    }

    fn with(mut self, name: &'static str, value: &str) -> Result<Self, ConfigError> {
        self.others.push((name, value.to_owned()));
        let probe = self.add_to(super::Challenge::builder(super::SchemeName::BEARER));
        probe.build()?;
        Ok(self)
    }

    /// The `error` code.
    #[must_use]
    pub const fn error(&self) -> &'static str {
        self.error
    }

    /// Whether a parameter of this name is among them.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        let mut others = self.others.iter().map(|(other, _)| *other);
        name.eq_ignore_ascii_case("error") || others.any(|it| name.eq_ignore_ascii_case(it))
    }

    /// Adds them to a challenge.
    pub fn add_to(&self, mut challenge: ChallengeBuilder) -> ChallengeBuilder {
        challenge = challenge.quoted("error", self.error);
        for (name, value) in &self.others {
            challenge = challenge.quoted(name, value);
        }
        challenge
    }
}

impl From<InvalidChallenge> for ConfigError {
    fn from(error: InvalidChallenge) -> Self {
        Self::new(error.to_string())
    }
}
