//! The auth-params that tell a client what was wrong with an access token (RFC 6750 section 3, RFC 9470 section 3), or
//! with a signature of AWS.

mod check;
#[cfg(feature = "dpop")]
mod dpop_error;
mod sigv4_error;
mod uri_reference;

pub(crate) use self::check::{InvalidParamValue, check};
pub(crate) use self::sigv4_error::SigV4Error;
pub(crate) use self::uri_reference::is_uri_reference;

use crate::config_error::ConfigError;
use crate::principal::Scopes;

/// The auth-param `error` and the auth-params that belong to it, for a challenge
/// ([RFC 6750 section 3](https://www.rfc-editor.org/rfc/rfc6750#section-3)).
///
/// A scheme or a policy makes this value to tell a client why its access token was not accepted. The constructors check
/// all values, so that every `ErrorParams` can be written into a challenge.
///
/// # Example
///
/// ```
/// use tower_challenge::ErrorParams;
///
/// assert!(ErrorParams::insufficient_scope("read write").is_ok());
///
/// let error = ErrorParams::insufficient_scope("re\"ad").unwrap_err();
/// assert_eq!(error.to_string(), r#"parameter "scope": the byte at position 2 is not allowed in the value"#);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorParams {
    error: &'static str,
    others: Vec<(&'static str, String)>,
}

impl ErrorParams {
    /// Makes `invalid_request`: the request is malformed. For example, it lacks a parameter, repeats a
    /// parameter, or has a parameter that the server does not support.
    #[must_use]
    pub const fn invalid_request() -> Self {
        Self::new("invalid_request")
    }

    /// Makes `invalid_token`: the access token is expired, revoked, malformed or unknown.
    #[must_use]
    pub const fn invalid_token() -> Self {
        Self::new("invalid_token")
    }

    /// Makes `insufficient_scope`: the request needs an access token with `scopes`, separated by one space.
    ///
    /// # Errors
    ///
    /// Fails if `scopes` contains a character that RFC 6749 section 3.3 does not allow, or an empty scope.
    pub fn insufficient_scope(scopes: &str) -> Result<Self, ConfigError> {
        Self::new("insufficient_scope").with("scope", scopes)
    }

    /// Makes `insufficient_user_authentication` (RFC 9470 section 3): the user has to log in again, or in a stronger
    /// way.
    ///
    /// `acr_values` are the authentication context classes of which the new login must have one. They are separated by
    /// one space, and the preferred class comes first. `max_age` is the largest permitted age of the login, in seconds.
    /// For example, `(Some("mfa"), Some(60))` requires a login of the class `mfa` within the last 60 seconds.
    ///
    /// # Errors
    ///
    /// Fails if `acr_values` contains an empty class or a control character other than HTAB.
    pub fn insufficient_user_authentication(
        acr_values: Option<&str>,
        max_age: Option<u32>,
    ) -> Result<Self, ConfigError> {
        let mut error = Self::new("insufficient_user_authentication");
        if let Some(values) = acr_values {
            // RFC 9470 section 3: "A space-separated string". The separator is one space, as for scopes.
            if values.split(' ').any(str::is_empty) {
                return Err(ConfigError::new(
                    "an empty class in acr_values is not allowed, separate classes by exactly one space",
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
        let cannot_be_quoted = |byte: u8| byte.is_ascii_control() && byte != b'\t';
        let checked = match value.bytes().position(cannot_be_quoted) {
            Some(position) => Err(InvalidParamValue::Byte(position)),
            None => check(name, value.as_bytes()),
        };
        checked.map_err(|fault| ConfigError::new(format!("parameter {name:?}: {fault}")))?;
        self.others.push((name, value.to_owned()));
        Ok(self)
    }

    /// Returns the `error` code. For example, `invalid_token`.
    #[must_use]
    pub const fn error(&self) -> &'static str {
        self.error
    }

    /// Returns whether there is a parameter with this name. The case of the name does not matter.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        let mut others = self.others.iter().map(|(other, _)| *other);
        name.eq_ignore_ascii_case("error") || others.any(|other| name.eq_ignore_ascii_case(other))
    }

    /// Adds `needed` to the scopes of an `insufficient_scope` or an `insufficient_user_authentication` (RFC 9470 section 3).
    /// Any other error stays as it is, and so does this one if a challenge cannot carry the result.
    pub(crate) fn with_scopes(self, needed: &Scopes) -> Self {
        let own = self.others.iter().position(|(name, _)| *name == "scope");
        let asks_for_login = self.error == "insufficient_user_authentication";
        let may_have_scopes = own.is_some() || asks_for_login && !needed.is_empty();
        if !may_have_scopes {
            return self;
        }
        let mut all = self.clone();
        let own = own.map(|own| all.others.remove(own).1);
        let scopes = needed.clone().union(&Scopes::new(&own.unwrap_or_default()));
        all.with("scope", &scopes.to_string()).unwrap_or(self)
    }

    /// Iterates over the names and values. A challenge has to quote each value.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let others = self.others.iter().map(|(name, value)| (*name, &**value));
        std::iter::once(("error", self.error)).chain(others)
    }
}
