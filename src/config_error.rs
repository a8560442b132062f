//! What is wrong with a configuration.

use std::borrow::Cow;

/// A layer, a scheme or a table cannot be built like this. Found when it is built, never when a request comes.
///
/// The text says what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct ConfigError(Cow<'static, str>);

impl ConfigError {
    /// Says what is wrong and what to do.
    #[must_use]
    pub fn new(text: impl Into<Cow<'static, str>>) -> Self {
        Self(text.into())
    }
}
