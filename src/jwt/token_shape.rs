//! What kind of token is this, and which issuer does it claim? Nothing here is verified.

use super::reasons;
use super::rules::Why;
use crate::jose::base64url;
use crate::jose::{CompactJws, JsonObject};

/// The kind of a token.
pub(super) enum TokenShape {
    /// A JWT that claims this issuer. An attacker can write any issuer there.
    Jwt { issuer: String },
    /// Any other token.
    Opaque,
}

impl TokenShape {
    /// The longest issuer in bytes.
    pub(super) const LONGEST_ISSUER: usize = 2048;

    /// Reads the kind of a token. A JWT has three parts, and the first one is the base64url of a text that begins as a JSON
    /// object does. So a JWT with a broken header is a JWT, too, and no verifier of opaque tokens gets it.
    ///
    /// # Errors
    ///
    /// The token is a JWT whose issuer cannot be read.
    pub(super) fn of(token: &str) -> Result<Self, Why> {
        let Ok(parts) = CompactJws::split(token) else {
            return Ok(Self::Opaque);
        };
        let begins_object = |header: Vec<u8>| header.trim_ascii_start().first() == Some(&b'{');
        if !parts.header().is_ok_and(begins_object) {
            return Ok(Self::Opaque);
        }
        let claims = base64url::decode(parts.claimed_payload());
        let claims = claims.ok_or(reasons::CLAIMS_NOT_JSON)?;
        let claims = JsonObject::parse_outermost(&claims);
        let claims = claims.map_err(|_| reasons::CLAIMS_NOT_JSON)?;
        let issuer = claims.string("iss").map_err(|_| reasons::CLAIM_TYPE)?;
        let issuer = issuer.ok_or(reasons::ISSUER_MISSING)?;
        match issuer.len() <= Self::LONGEST_ISSUER {
            true => Ok(Self::Jwt {
                issuer: issuer.into_owned(),
            }),
            false => Err(reasons::UNKNOWN_ISSUER),
        }
    }
}
