//! The error of a wrong configuration.

use std::borrow::Cow;
use std::error::Error;

use crate::derives::writes;

/// Says that a layer, a scheme or a table cannot be built as configured.
///
/// The constructors and builders of this crate return it. Its text says what is wrong and what to do.
///
/// The layer answers no request with it. At run time, it tells the operator of a fault: for example, that the file of
/// accounts cannot be read again (`ReloadEvent::Kept`), or that Redis is out of reach (`RedisEvent::Down`, and the
/// `health` of the store).
///
/// # Example
///
/// ```
/// use tower_challenge::policy::scopes;
///
/// assert!(scopes("read").is_ok());
/// assert_eq!(scopes("").unwrap_err().to_string(), "no scope is required: name at least one");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(Cow<'static, str>);

impl ConfigError {
    /// Creates the error. The `text` should say what is wrong and what to do, in lower case and without a full stop.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

writes! { impl[] ConfigError[] as self => &self.0 }

impl Error for ConfigError {}
