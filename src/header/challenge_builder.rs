//! Builds a challenge from its parts and checks each part.

use std::error::Error;
use std::fmt;

use super::checked_params::{CheckedParams, InvalidParam, InvalidParamReason, ParamPart};
use super::grammar::is_token68;
use super::rendered::RenderedField;
use super::{Challenge, Params, SchemeName};
use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;

impl Challenge {
    /// Starts a builder for a challenge of `scheme`.
    pub fn builder(scheme: SchemeName<'_>) -> ChallengeBuilder {
        let rendered = RenderedField::challenge(scheme.as_str().as_bytes());
        ChallengeBuilder {
            params: CheckedParams::new(rendered),
            has_token68: false,
        }
    }
}

/// Builds a [`Challenge`].
///
/// The methods that add parts check them and never fail. [`build`](Self::build) reports the first part that was
/// refused. The builder never repairs a part and never omits one. For example, it does not remove a line break from a
/// realm, but refuses the realm.
///
/// # Example
///
/// ```
/// use tower_challenge::header::{Challenge, SchemeName};
///
/// let challenge = Challenge::builder(SchemeName::DIGEST)
///     .quoted("realm", "api@example.org")
///     .token("algorithm", "SHA-256")
///     .build()?;
/// assert_eq!(challenge.as_value(), r#"Digest realm="api@example.org", algorithm=SHA-256"#);
///
/// let twice = Challenge::builder(SchemeName::DIGEST).quoted("nonce", "a").token("Nonce", "b");
/// let error = twice.build().unwrap_err();
/// assert_eq!(error.to_string(), r#"parameter "Nonce": the name occurs twice"#);
/// # Ok::<(), tower_challenge::header::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ChallengeBuilder {
    params: CheckedParams,
    has_token68: bool,
}

impl ChallengeBuilder {
    /// Adds a parameter and writes `value` as a quoted-string.
    ///
    /// This function escapes quotes and backslashes. It refuses control characters other than HTAB.
    ///
    /// In the parameters `error`, `error_description`, `error_uri` and `scope` it also refuses the characters that RFC
    /// 6750 section 3 excludes, and an `error_uri` has to be a URI reference. These rules apply to every scheme. For
    /// example, a `scope` must not contain a quote.
    pub fn quoted(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.refuse_beside_token68(name);
        self.params.quoted(name, value.as_ref());
        self
    }

    /// Adds a parameter and writes `value` as a token, without quotes.
    ///
    /// It refuses a `realm`, which RFC 9110 section 11.5 requires senders to quote.
    pub fn token(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.refuse_beside_token68(name);
        self.params.token(name, value.as_ref());
        self
    }

    /// Adds all of `params`. Each value keeps its form, token or quoted-string, except that a realm is always quoted.
    pub fn extend(mut self, params: Params<'_>) -> Self {
        for param in params {
            self.refuse_beside_token68(param.name());
            self.params.param(param);
        }
        self
    }

    /// Sets the token68, which a challenge has instead of parameters.
    ///
    /// It refuses a second token68, and a token68 in a challenge that has parameters.
    pub fn token68(mut self, value: impl AsRef<str>) -> Self {
        let value = value.as_ref().as_bytes();
        let reason = match value {
            _ if self.has_token68 => Err(InvalidParamReason::SecondToken68),
            _ if !self.params.is_empty() => Err(InvalidParamReason::Token68AndParams),
            _ if !is_token68(value) => Err(InvalidParamReason::NotToken68),
            _ => Ok(()),
        };
        self.has_token68 = true;
        match reason {
            Ok(()) => self.params.rendered().token68(value),
            Err(reason) => self.params.refuse(ParamPart::Token68, reason),
        }
        self
    }

    /// Builds the challenge.
    ///
    /// # Errors
    ///
    /// The error names the first part that was refused, and the reason.
    pub fn build(self) -> Result<Challenge, InvalidChallenge> {
        let value = self.params.into_value().map_err(InvalidChallenge)?;
        Ok(Challenge::from_rendered(value))
    }

    fn refuse_beside_token68(&mut self, name: &str) {
        if self.has_token68 {
            let part = ParamPart::Param(name.into());
            self.params
                .refuse(part, InvalidParamReason::Token68AndParams);
        }
    }
}

/// Reports that a [`ChallengeBuilder`] refused a part of a challenge: which one, and why.
///
/// # Example
///
/// ```
/// use tower_challenge::header::{Challenge, SchemeName};
///
/// let bearer = || Challenge::builder(SchemeName::BEARER);
/// assert!(bearer().quoted("scope", "read write").build().is_ok());
///
/// let error = bearer().quoted("scope", "re\"ad").build().unwrap_err();
/// assert_eq!(error.to_string(), r#"parameter "scope": the byte at position 2 is not allowed in the value"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidChallenge(InvalidParam);

impl fmt::Display for InvalidChallenge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for InvalidChallenge {}

impl From<InvalidChallenge> for ConfigError {
    fn from(error: InvalidChallenge) -> Self {
        Self::new(error.to_string())
    }
}

impl ErrorParams {
    /// Adds these parameters to a challenge, each as a quoted-string.
    pub fn add_to(&self, challenge: ChallengeBuilder) -> ChallengeBuilder {
        self.iter().fold(challenge, |challenge, (name, value)| {
            challenge.quoted(name, value)
        })
    }
}
