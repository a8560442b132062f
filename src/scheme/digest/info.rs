//! What is rendered for every request: the end of a challenge, and `Authentication-Info`.

use bytes::Bytes;
use http::HeaderValue;

use super::algorithm::Algorithm;
use super::message::DigestCredentials;
use super::nonce::LENGTH;
use super::proof::Responses;
use crate::config_error::ConfigError;
use crate::header::{Challenge, SchemeName};

/// The part of a challenge that does not change.
#[derive(Debug)]
pub(super) struct Template(Challenge);

impl Template {
    /// RFC 7616 section 3.3: `realm`, `qop`, `opaque` are quoted, `algorithm` and `stale` are not.
    pub(super) fn new(
        realm: &str,
        algorithm: Algorithm,
        opaque: Option<&str>,
    ) -> Result<Self, ConfigError> {
        let mut challenge = Challenge::builder(SchemeName::DIGEST)
            .quoted("realm", realm)
            .token("charset", "UTF-8")
            .token("algorithm", algorithm.name())
            .quoted("qop", "auth");
        if let Some(opaque) = opaque {
            challenge = challenge.quoted("opaque", opaque);
        }
        Ok(Self(challenge.build()?))
    }

    /// The challenge with a nonce.
    pub(super) fn render(&self, nonce: &[u8; LENGTH], stale: bool) -> Challenge {
        let stale: &[u8] = if stale { b", stale=true" } else { b"" };
        let fixed = self.0.as_value();
        match join(&[fixed.as_bytes(), b", nonce=\"", nonce, b"\"", stale]) {
            Some(value) => Challenge::from_rendered(value),
            None => self.0.clone(),
        }
    }
}

/// `Authentication-Info` (RFC 7616 section 3.5). `qop` and `nc` are not quoted; the client's nonce goes back with the
/// quoting that it came with.
pub(super) fn authentication_info(
    credentials: &DigestCredentials<'_>,
    responses: &Responses,
    next: Option<&[u8; LENGTH]>,
) -> Option<HeaderValue> {
    let (before_next, next, after_next): (&[u8], &[u8], &[u8]) = match next {
        Some(nonce) => (b", nextnonce=\"", nonce, b"\""),
        None => (b"", b"", b""),
    };
    join(&[
        b"rspauth=\"",
        responses.rspauth().as_bytes(),
        b"\", cnonce=\"",
        credentials.cnonce.raw(),
        b"\", nc=",
        credentials.nc.as_bytes(),
        b", qop=auth",
        before_next,
        next,
        after_next,
    ])
}

/// One field value, in one allocation.
fn join(parts: &[&[u8]]) -> Option<HeaderValue> {
    let mut octets = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        octets.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(Bytes::from(octets)).ok()
}
