//! The registered claims of a token (RFC 7519 section 4.1).

use std::borrow::Cow;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::jose::{JsonFault, JsonObject};

/// The claims that every token is judged by.
pub(super) struct RegisteredClaims<'t> {
    pub(super) issuer: Option<Cow<'t, str>>,
    pub(super) subject: Option<Cow<'t, str>>,
    pub(super) audiences: Option<Vec<Cow<'t, str>>>,
    pub(super) expires: Option<NumericDate>,
    pub(super) not_before: Option<NumericDate>,
    pub(super) issued: Option<NumericDate>,
    pub(super) token_id: Option<Cow<'t, str>>,
}

/// A time in seconds since 1970-01-01 (RFC 7519 section 2). It may have a fraction, and it may be any finite number.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(super) struct NumericDate(f64);

impl<'t> RegisteredClaims<'t> {
    /// Reads the claims.
    ///
    /// # Errors
    ///
    /// A claim has a value of the wrong type, for example a date that is a string.
    pub(super) fn of(claims: &JsonObject<'t>) -> Result<Self, JsonFault> {
        let date = |name| Ok(claims.number(name)?.map(NumericDate));
        Ok(Self {
            issuer: claims.string("iss")?,
            subject: claims.string("sub")?,
            audiences: claims.strings("aud")?,
            expires: date("exp")?,
            not_before: date("nbf")?,
            issued: date("iat")?,
            token_id: claims.string("jti")?,
        })
    }
}

impl NumericDate {
    pub(super) fn of(time: SystemTime) -> Self {
        Self(match time.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        })
    }

    pub(super) fn plus(self, duration: Duration) -> Self {
        Self(self.0 + duration.as_secs_f64())
    }

    pub(super) fn minus(self, duration: Duration) -> Self {
        Self(self.0 - duration.as_secs_f64())
    }
}
