//! The claim `cnf` (RFC 7800 section 3.1): the key to which a token is bound.

use super::bound_token::TokenConfirmation;
use crate::jose::{JsonFault, JsonObject, base64url};

/// Says that a token is bound to something that [`TokenConfirmation`] cannot say. Such a token must not pass as an unbound
/// token.
pub(crate) struct UnknownBinding;

impl TokenConfirmation {
    /// Reads `cnf` from the claims of a token, or from an answer about a token. Returns `None` if there is no such claim.
    ///
    /// # Errors
    ///
    /// The claim has a member that is not known, has none, or has a malformed one.
    pub(crate) fn read(claims: &JsonObject<'_>) -> Result<Option<Self>, UnknownBinding> {
        if !claims.has("cnf") {
            return Ok(None);
        }
        let members = claims.object("cnf").map_err(|JsonFault| UnknownBinding)?;
        let members = members.ok_or(UnknownBinding)?;
        if !members
            .names()
            .all(|name| matches!(name, "jkt" | "x5t#S256"))
        {
            return Err(UnknownBinding);
        }
        match (
            thumbprint(&members, "jkt")?,
            thumbprint(&members, "x5t#S256")?,
        ) {
            (None, None) => Err(UnknownBinding),
            (Some(key), None) => Ok(Some(Self::key(key))),
            (None, Some(certificate)) => Ok(Some(Self::certificate(certificate))),
            (Some(key), Some(certificate)) => Ok(Some(Self::key(key).and_certificate(certificate))),
        }
    }
}

fn thumbprint(members: &JsonObject<'_>, name: &str) -> Result<Option<[u8; 32]>, UnknownBinding> {
    let text = members.string(name).map_err(|JsonFault| UnknownBinding)?;
    let decoded = |text: &str| base64url::decode(text)?.try_into().ok();
    text.map(|text| decoded(&text).ok_or(UnknownBinding))
        .transpose()
}
