//! What does the server say: to a stranger in a challenge, and in `Authentication-Info` to a client that was let in?

use bytes::Bytes;
use http::HeaderValue;

use super::algorithm::DigestAlgorithm;
use super::message::QopParams;
use super::proof::ExpectedResponses;
use crate::config_error::ConfigError;
use crate::header::{Challenge, ChallengeBuilder, SchemeName};
use crate::scheme::ServerRole;
use crate::stateless_nonce::LENGTH;

/// What all challenges of a server say.
#[derive(Clone, Copy, Debug)]
pub(super) struct ChallengeText<'a> {
    pub(super) realm: &'a str,
    pub(super) domain: Option<&'a str>,
    pub(super) opaque: Option<&'a str>,
    pub(super) qop: Option<&'static str>,
    pub(super) userhash: bool,
}

/// An algorithm that is offered, and the part of its challenge that does not change.
#[derive(Debug)]
pub(super) struct OfferedAlgorithm {
    pub(super) algorithm: DigestAlgorithm,
    /// Whether it is offered in its session form.
    pub(super) session: bool,
    to_origin: Challenge,
    /// RFC 7616 section 3.3: `domain` "is not meaningful in Proxy-Authenticate".
    to_proxy: Challenge,
}

impl OfferedAlgorithm {
    pub(super) fn new(
        said: &ChallengeText<'_>,
        algorithm: DigestAlgorithm,
        session: bool,
    ) -> Result<Self, ConfigError> {
        let to_proxy = fixed(said, name(algorithm, session));
        let to_origin = match said.domain {
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

    /// What the algorithm is called.
    pub(super) const fn name(&self) -> &'static str {
        name(self.algorithm, self.session)
    }

    /// The challenge with a nonce.
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
fn fixed(said: &ChallengeText<'_>, algorithm: &str) -> ChallengeBuilder {
    let mut challenge = Challenge::builder(SchemeName::DIGEST)
        .quoted("realm", said.realm)
        .token("charset", "UTF-8")
        .token("algorithm", algorithm);
    if let Some(qop) = said.qop {
        challenge = challenge.quoted("qop", qop);
    }
    if said.userhash {
        challenge = challenge.token("userhash", "true");
    }
    match said.opaque {
        Some(opaque) => challenge.quoted("opaque", opaque),
        None => challenge,
    }
}

/// The whole of `Authentication-Info` (RFC 7616 section 3.5), for `qop=auth`. `qop` and `nc` are not quoted; the client's
/// nonce goes back with the quoting that it came with.
pub(super) fn mutual(
    protection: &QopParams<'_>,
    responses: &ExpectedResponses,
    next: Option<&[u8; LENGTH]>,
) -> Option<HeaderValue> {
    let (before_next, next, after_next): (&[u8], &[u8], &[u8]) = match next {
        Some(nonce) => (b", nextnonce=\"", nonce, b"\""),
        None => (b"", b"", b""),
    };
    join(&[
        b"rspauth=\"",
        responses.rspauth_digits(),
        b"\", cnonce=\"",
        &protection.raw_cnonce,
        b"\", nc=",
        &protection.nc,
        b", qop=auth",
        before_next,
        next,
        after_next,
    ])
}

/// The next nonce alone, which needs nothing beside it.
pub(super) fn next(nonce: &[u8; LENGTH]) -> Option<HeaderValue> {
    join(&[b"nextnonce=\"", nonce, b"\""])
}

/// One field value, in one allocation.
pub(super) fn join(parts: &[&[u8]]) -> Option<HeaderValue> {
    let mut octets = Vec::with_capacity(parts.iter().map(|part| part.len()).sum());
    for part in parts {
        octets.extend_from_slice(part);
    }
    HeaderValue::from_maybe_shared(Bytes::from(octets)).ok()
}
