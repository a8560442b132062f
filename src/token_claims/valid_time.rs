//! The times between which a token is valid.

use super::numeric_date::NumericDate;

/// The times between which a token is valid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ValidTime {
    pub(crate) from: Option<NumericDate>,
    pub(crate) until: Option<NumericDate>,
}

/// Says that a token is not valid now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotValidNow {
    Expired,
    NotYet,
}

impl ValidTime {
    /// RFC 7519 section 4.1.4: the current date "MUST be before the expiration date/time".
    ///
    /// # Errors
    ///
    /// The token has expired, or is not valid yet.
    #[inline]
    pub(crate) fn check(&self, now: NumericDate) -> Result<(), NotValidNow> {
        if self.until.is_some_and(|until| now >= until) {
            return Err(NotValidNow::Expired);
        }
        match self.from {
            Some(from) if now < from => Err(NotValidNow::NotYet),
            _ => Ok(()),
        }
    }
}
