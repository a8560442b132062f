//! Writes challenges, and `Authentication-Info` for clients that were admitted.

use bytes::Bytes;
use http::HeaderValue;

use super::algorithm::DigestAlgorithm;
use super::message::QopParams;
use super::proof::ExpectedResponses;
use crate::config_error::ConfigError;
use crate::header::{Challenge, ChallengeBuilder, SchemeName};
use crate::scheme::ServerRole;
use crate::stateless_nonce::LENGTH;

/// The parameters that all challenges of a scheme share.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChallengeText<'a> {
    pub(super) realm: &'a str,
    pub(super) domain: Option<&'a str>,
    pub(super) opaque: Option<&'a str>,
    pub(super) qop: Option<&'static str>,
    pub(super) userhash: bool,
}

/// An algorithm that is offered, with the part of its challenge that is the same in every response.
#[derive(Debug)]
pub(super) struct OfferedAlgorithm {
    pub(super) algorithm: DigestAlgorithm,
    /// Whether the scheme offers the session form of the algorithm.
    pub(super) session: bool,
    to_origin: Challenge,
    /// RFC 7616 section 3.3: `domain` "is not meaningful in Proxy-Authenticate".
    to_proxy: Challenge,
}

impl OfferedAlgorithm {
    pub(super) fn new(
        text: &ChallengeText<'_>,
        algorithm: DigestAlgorithm,
        session: bool,
    ) -> Result<Self, ConfigError> {
        let to_proxy = fixed_part(text, name(algorithm, session));
        let to_origin = match text.domain {
            Some(domain) => to_proxy.clone().quoted("domain", domain),
            None => to_proxy.clone(),
        };
        Ok(Self {
            algorithm,
            session,
            to_origin: to_origin.build()?,
            to_proxy: to_proxy.build()?,
        })
    }

    /// The name of the algorithm in the challenge, for example `SHA-256-sess`.
    pub(super) const fn name(&self) -> &'static str {
        name(self.algorithm, self.session)
    }

    /// The whole challenge, with this nonce.
    pub(super) fn render(&self, role: ServerRole, nonce: &[u8; LENGTH], stale: bool) -> Challenge {
        let stale: &[u8] = if stale { b", stale=true" } else { b"" };
        let fixed = match role {
            ServerRole::Origin => &self.to_origin,
            ServerRole::Proxy => &self.to_proxy,
        };
        let parts = [
            fixed.as_value().as_bytes(),
            b", nonce=\"",
            nonce,
            b"\"",
            stale,
        ];
        // A nonce is base64, so all parts are valid in a field value and `join` does not fail.
        match join(&parts) {
            Some(value) => Challenge::from_rendered(value),
            None => fixed.clone(),
        }
    }
}

const fn name(algorithm: DigestAlgorithm, session: bool) -> &'static str {
    match session {
        true => algorithm.session_name(),
        false => algorithm.name(),
    }
}

/// RFC 7616 section 3.3: `realm`, `domain`, `opaque` and `qop` are quoted, `algorithm` and `stale` are not.
fn fixed_part(text: &ChallengeText<'_>, algorithm: &str) -> ChallengeBuilder {
    let mut challenge = Challenge::builder(SchemeName::DIGEST)
        .quoted("realm", text.realm)
        .token("charset", "UTF-8")
        .token("algorithm", algorithm);
    if let Some(qop) = text.qop {
        challenge = challenge.quoted("qop", qop);
    }
    if text.userhash {
        challenge = challenge.token("userhash", "true");
    }
    match text.opaque {
        Some(opaque) => challenge.quoted("opaque", opaque),
        None => challenge,
    }
}

/// The value of `Authentication-Info` for `qop=auth` (RFC 7616 section 3.5). `qop` and `nc` are not quoted. The client
/// nonce is returned with the backslashes that the client wrote, so it needs no quoting again.
pub(super) fn authentication_info(
    protection: &QopParams<'_>,
    responses: &ExpectedResponses,
    next: Option<&[u8; LENGTH]>,
) -> Option<HeaderValue> {
    let parts: [&[u8]; 10] = [
        b"rspauth=\"",
        responses.rspauth_digits(),
        b"\", cnonce=\"",
        &protection.raw_cnonce,
        b"\", nc=",
        &protection.nc,
        b", qop=auth",
        b", nextnonce=\"",
        next.map_or(&[][..], |nonce| nonce),
        b"\"",
    ];
    match next {
        Some(_) => join(&parts),
        None => join(&parts[..7]),
    }
}

/// The value of `Authentication-Info` with `nextnonce` alone. The RFC requires no other parameter beside it.
pub(super) fn next_nonce_only(nonce: &[u8; LENGTH]) -> Option<HeaderValue> {
    join(&[b"nextnonce=\"", nonce, b"\""])
}

/// Joins the parts into a field value, with one allocation.
pub(super) fn join(parts: &[&[u8]]) -> Option<HeaderValue> {
    let mut bytes = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        bytes.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(Bytes::from(bytes)).ok()
}
