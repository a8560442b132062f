//! Verifies a token with the key beside it, and reads its claims (RFC 8292 section 2).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::application_server::ApplicationServer;
use super::reasons;
use crate::jose::{
    CompactJws, InvalidJws, JoseHeader, JsonFault, JsonObject, SignatureAlgorithm, VerificationKey,
};
use crate::reason::ReasonText;

/// RFC 8292 section 2: the expiry "MUST NOT be more than 24 hours from the time of the request".
const LONGEST_LIFE: Duration = Duration::from_secs(24 * 60 * 60);

/// The time at which a token expires, in seconds since 1970-01-01.
#[derive(Clone, Copy, Debug)]
pub(super) struct TokenExpiry(f64);

impl TokenExpiry {
    /// Whether the token is good at `now`.
    pub(super) fn check(self, now: SystemTime) -> Result<(), ReasonText> {
        let now = match now.duration_since(UNIX_EPOCH) {
            Ok(after) => after.as_secs_f64(),
            Err(before) => -before.duration().as_secs_f64(),
        };
        let is_over = now > self.0;
        let is_far = self.0 > now + LONGEST_LIFE.as_secs_f64();
        match (is_over, is_far) {
            (true, _) => Err(reasons::EXPIRED),
            (_, true) => Err(reasons::TOO_LONG_LIVED),
            _ => Ok(()),
        }
    }
}

/// Verifies `token` with `key`, for the push service `origin` at `now`. The order is that of the work: the claims are read
/// only if the signature is right.
pub(super) fn verify(
    token: &str,
    key: &str,
    origin: &str,
    now: SystemTime,
) -> Result<(ApplicationServer, TokenExpiry), ReasonText> {
    let claims = signed_claims(token, key)?;
    let claims = JsonObject::parse(&claims).map_err(unreadable)?;
    let expiry = claims.number("exp").map_err(unreadable)?;
    let expiry = TokenExpiry(expiry.ok_or(reasons::NEVER_EXPIRES)?);
    expiry.check(now)?;
    let audience = claims.strings("aud").map_err(unreadable)?;
    if !audience.is_some_and(|audience| audience.iter().any(|name| name == origin)) {
        return Err(reasons::ANOTHER_ORIGIN);
    }
    let contact = claims.string("sub").map_err(unreadable)?;
    Ok((ApplicationServer::new(key, contact.as_deref()), expiry))
}

/// Returns the claims of a token that `key` has signed with ES256.
fn signed_claims(token: &str, key: &str) -> Result<Vec<u8>, ReasonText> {
    let key = VerificationKey::of_p256_point(key).ok_or(reasons::NOT_A_KEY)?;
    let token = CompactJws::split(token).map_err(InvalidJws::reason_text)?;
    let header = token.header().map_err(InvalidJws::reason_text)?;
    let header = JoseHeader::parse(&header, is_plain).map_err(InvalidJws::reason_text)?;
    if header.algorithm != SignatureAlgorithm::Es256 {
        return Err(reasons::ANOTHER_ALGORITHM);
    }
    let verified = token.verify(&key, SignatureAlgorithm::Es256);
    verified.map_err(InvalidJws::reason_text)
}

/// Whether the media type is that of a plain token, or absent. A proof of DPoP by the same key is none, for example.
fn is_plain(media_type: Option<&str>) -> bool {
    media_type.is_none_or(|media_type| media_type.eq_ignore_ascii_case("JWT"))
}

fn unreadable(_: JsonFault) -> ReasonText {
    reasons::CLAIMS_UNREADABLE
}
