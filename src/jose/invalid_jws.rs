//! The error of a signed token.

use std::error::Error;

use crate::derives::writes;

/// Says that a token is not what it claims to be: it is malformed, its signature is wrong, or no key fits it.
///
/// The text is a constant of the source code and has nothing of the token in it, so an operator can safely log it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidJws(&'static str);

impl InvalidJws {
    pub(crate) const fn new(why: &'static str) -> Self {
        Self(why)
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn why(self) -> &'static str {
        self.0
    }
}

writes! { impl[] InvalidJws[] as self => self.0 }

impl Error for InvalidJws {}
