//! The registered claims of a token (RFC 7519 section 4.1).

use std::borrow::Cow;

use crate::jose::{JsonFault, JsonObject};
use crate::token_claims::NumericDate;

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

impl<'t> RegisteredClaims<'t> {
    /// Reads the claims.
    ///
    /// # Errors
    ///
    /// A claim has a value of the wrong type, for example a date that is a string.
    pub(super) fn of(claims: &JsonObject<'t>) -> Result<Self, JsonFault> {
        let date = |name| Ok(claims.number(name)?.map(NumericDate::of_seconds));
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
