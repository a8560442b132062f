//! The header of a signed token (RFC 7515 section 4).

use std::borrow::Cow;

use super::algorithm::SignatureAlgorithm;
use super::invalid_jws::InvalidJws;
use super::json::{JsonFault, JsonObject};
use super::reasons;

/// The header parameters that a verifier uses.
///
/// Keys in the header (`jwk`, `x5c`) and addresses of keys (`jku`, `x5u`) are not among them, because an attacker can write
/// any key there. A token is verified with the configured keys alone. Some issuers send `jku` with every token.
pub(crate) struct JoseHeader<'h> {
    /// The algorithm that the token claims.
    pub(crate) algorithm: SignatureAlgorithm,
    /// The identifier of the key.
    pub(crate) key_id: Option<Cow<'h, str>>,
}

impl<'h> JoseHeader<'h> {
    /// Reads a decoded header. `accepts_type` gets the media type of the token (`typ`), or `None` if it has none, and returns
    /// whether the caller accepts it.
    ///
    /// # Errors
    ///
    /// - It is not a JSON object, has two members of one name, or a member has a value of the wrong type.
    /// - It has no `alg`, or an algorithm that this crate does not know, such as `none`.
    /// - It has `crit`, since this crate knows no extension (RFC 7515 section 4.1.11), or `b64` other than `true` (RFC
    ///   7797 section 3).
    /// - The media type is not accepted.
    pub(crate) fn parse(
        header: &'h [u8],
        accepts_type: impl FnOnce(Option<&str>) -> bool,
    ) -> Result<Self, InvalidJws> {
        let header = JsonObject::parse(header).map_err(not_json)?;
        if header.has("crit") {
            return Err(InvalidJws::new(reasons::CRITICAL_EXTENSION));
        }
        if header.raw("b64").is_some_and(|b64| b64 != "true") {
            return Err(InvalidJws::new(reasons::PAYLOAD_NOT_ENCODED));
        }
        let algorithm = header.string("alg").map_err(not_json)?;
        let algorithm = algorithm.as_deref().and_then(SignatureAlgorithm::from_name);
        let algorithm = algorithm.ok_or(InvalidJws::new(reasons::UNKNOWN_ALGORITHM))?;
        let key_id = header.string("kid").map_err(not_json)?;
        let media_type = header.string("typ").map_err(not_json)?;
        if !accepts_type(media_type.as_deref()) {
            return Err(InvalidJws::new(reasons::ANOTHER_TYPE));
        }
        Ok(Self { algorithm, key_id })
    }
}

fn not_json(_: JsonFault) -> InvalidJws {
    InvalidJws::new(reasons::HEADER_NOT_JSON)
}
