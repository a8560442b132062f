//! What was wrong with an access token, as auth-params say it (RFC 6750 section 3, RFC 9470 section 3)?

mod check;
mod uri_reference;

pub(crate) use self::check::{InvalidParamValue, check};

use crate::config_error::ConfigError;

/// `error`, and the auth-params that go with it. Checked when it is made, so that a challenge can always carry it.
///
/// ```
/// use tower_challenge::ErrorParams;
///
/// assert!(ErrorParams::insufficient_scope("read write").is_ok());
///
/// let error = ErrorParams::insufficient_scope("re\"ad").unwrap_err();
/// assert_eq!(error.to_string(), r#"parameter "scope": octet 2 is not allowed in it"#);
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
        let cannot_be_quoted = |octet: u8| octet.is_ascii_control() && octet != b'\t';
        let checked = match value.bytes().position(cannot_be_quoted) {
            Some(place) => Err(InvalidParamValue::Octet(place)),
            None => check(name, value.as_bytes()),
        };
        checked.map_err(|fault| ConfigError::new(format!("parameter {name:?}: {fault}")))?;
        self.others.push((name, value.to_owned()));
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

    /// Their names and values, all of which are to be quoted.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let others = self.others.iter().map(|(name, value)| (*name, &**value));
        std::iter::once(("error", self.error)).chain(others)
    }
}
