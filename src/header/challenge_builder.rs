//! How a challenge is made, part by part.

use std::error::Error;
use std::fmt;

use super::checked_params::{CheckedParams, InvalidParam, InvalidParamReason, ParamPart};
use super::grammar::is_token68;
use super::rendered::RenderedField;
use super::{Challenge, Params, SchemeName};
use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;

impl Challenge {
    /// Starts a challenge of `scheme`.
    pub fn builder(scheme: SchemeName<'_>) -> ChallengeBuilder {
        let rendered = RenderedField::challenge(scheme.as_str().as_bytes());
        ChallengeBuilder {
            params: CheckedParams::new(rendered),
            has_token68: false,
        }
    }
}

/// Makes a [`Challenge`]. The first part that no challenge can hold is reported by
/// [`build`](Self::build); nothing is repaired and nothing is left out.
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
/// assert_eq!(error.to_string(), r#"parameter "Nonce": the name came before"#);
/// # Ok::<(), tower_challenge::header::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ChallengeBuilder {
    params: CheckedParams,
    has_token68: bool,
}

impl ChallengeBuilder {
    /// Adds a parameter whose value is a quoted-string of the octets of `value`.
    ///
    /// A quote and a backslash are escaped. Control characters other than HTAB are refused, and
    /// what RFC 6750 section 3 excludes from `error`, `error_description`, `error_uri` and
    /// `scope`, whatever the scheme: an `error_uri` is a URI reference.
    pub fn quoted(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.refuse_beside_token68(name);
        self.params.quoted(name, value.as_ref());
        self
    }

    /// Adds a parameter whose value is the token `value`.
    ///
    /// A `realm` is refused: RFC 9110 section 11.5 has senders quote it.
    pub fn token(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.refuse_beside_token68(name);
        self.params.token(name, value.as_ref());
        self
    }

    /// Adds each of `params` in its form, except that a realm is quoted.
    pub fn extend(mut self, params: Params<'_>) -> Self {
        for param in params {
            self.refuse_beside_token68(param.name());
            self.params.param(param);
        }
        self
    }

    /// Sets the token68, which takes the place of all parameters.
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

    /// The challenge.
    ///
    /// # Errors
    ///
    /// Tells which part was refused first, and why.
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

/// Which part of a challenge was refused, and why.
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
/// assert_eq!(error.to_string(), r#"parameter "scope": octet 2 is not allowed in it"#);
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
    /// Adds them to a challenge.
    pub fn add_to(&self, challenge: ChallengeBuilder) -> ChallengeBuilder {
        self.iter().fold(challenge, |challenge, (name, value)| {
            challenge.quoted(name, value)
        })
    }
}
