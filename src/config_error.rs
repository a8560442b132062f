//! What is wrong with a configuration.

use std::borrow::Cow;
use std::error::Error;

use crate::derives::writes;

/// A layer, a scheme or a table cannot be built like this. Found when it is built, never when a request comes.
///
/// The text says what to do.
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
    /// Says what is wrong and what to do.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}

writes! { impl[] ConfigError[] as self => &self.0 }

impl Error for ConfigError {}
