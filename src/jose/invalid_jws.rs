//! The error of a signed token.

use std::error::Error;

use crate::derives::writes;
use crate::reason::ReasonText;

/// Says that a token is not what it claims to be: it is malformed, its signature is wrong, or no key fits it.
///
/// The text is a constant of the source code and has nothing of the token in it, so an operator can safely log it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidJws(ReasonText);

impl InvalidJws {
    pub(crate) const fn new(why: ReasonText) -> Self {
        Self(why)
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn why(self) -> &'static str {
        self.reason_text().text()
    }

    /// Returns what is wrong, with its code.
    pub(crate) const fn reason_text(self) -> ReasonText {
        self.0
    }
}

writes! { impl[] InvalidJws[] as self => self.why() }

impl Error for InvalidJws {}
