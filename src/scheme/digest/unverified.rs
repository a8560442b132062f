//! Credentials that are not verified yet: which parts of a request they cover, and whether `uri` names its target.

use std::borrow::Cow;

use http::{Method, Uri};

use super::algorithm::DigestAlgorithm;
use super::message::{DigestCredentials, QopParams};
use super::proof::{ExpectedResponses, Ha1, ResponseInputs};
use super::quirks::{ClientQuirk, QuirkSet};
use crate::reason::ReasonText;
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, ServerRole};

/// Credentials that passed every check without a secret.
pub(super) struct UnverifiedCredentials<'a> {
    pub(super) credentials: DigestCredentials<'a>,
    pub(super) algorithm: DigestAlgorithm,
    /// Whether the response covers the body (`auth-int`).
    pub(super) covers_body: bool,
}

/// The parts of the request that the digest covers, beside the target, and the role of the server.
#[derive(Clone, Copy)]
pub(super) struct SignedParts<'a> {
    pub(super) method: &'a Method,
    pub(super) role: ServerRole,
    /// The body; empty if the digest does not cover it.
    pub(super) body: &'a [u8],
}

/// A copy of the parts of a request that are needed later. It is made when the scheme has to wait for the account, for
/// the epoch of the store, or for the body.
pub(super) struct SuspendedRequest {
    pub(super) claimed: UnverifiedCredentials<'static>,
    method: Method,
    role: ServerRole,
}

impl SuspendedRequest {
    pub(super) fn of(attempt: &Attempt<'_>, claimed: &UnverifiedCredentials<'_>) -> Self {
        Self {
            claimed: UnverifiedCredentials {
                credentials: owned(&claimed.credentials),
                algorithm: claimed.algorithm,
                covers_body: claimed.covers_body,
            },
            method: attempt.head().method().clone(),
            role: attempt.role(),
        }
    }

    pub(super) const fn signed_parts<'a>(&'a self, body: &'a [u8]) -> SignedParts<'a> {
        SignedParts {
            method: &self.method,
            role: self.role,
            body,
        }
    }
}

impl UnverifiedCredentials<'_> {
    /// Computes the responses that a client with this secret sends and expects.
    pub(super) fn responses(&self, signed: &SignedParts<'_>, ha1: &Ha1) -> ExpectedResponses {
        let Self { credentials, .. } = self;
        let session = self.in_session(ha1);
        let ha1 = session.as_ref().unwrap_or(ha1);
        let mut proof = ResponseInputs {
            method: signed.method.as_str().as_bytes(),
            uri: &credentials.uri,
            nonce: &credentials.nonce,
            nc: b"",
            cnonce: b"",
            qop: b"",
        };
        let Some(protection) = &credentials.protection else {
            return proof.responses_without_qop(ha1);
        };
        (proof.nc, proof.cnonce) = (&protection.nc, &protection.cnonce);
        proof.qop = &protection.qop;
        match self.covers_body {
            // The body of the reply does not exist yet, so the `rspauth` that this computes is wrong. The scheme never
            // sends it: see `DigestCore::authentication_info`.
            true => proof.responses_with_bodies(ha1, signed.body, b""),
            false => proof.responses(ha1),
        }
    }

    /// The secret of the session, if the credentials use a session algorithm. It is made from the nonces of this
    /// request (RFC 7616 section 3.4.2), as deployed clients do.
    fn in_session(&self, ha1: &Ha1) -> Option<Ha1> {
        let protection = self.credentials.protection.as_ref();
        let protection = protection.filter(|_| self.credentials.session)?;
        Some(ha1.in_session(&self.credentials.nonce, &protection.cnonce))
    }
}

/// Copies the credentials, so that they outlive the request.
fn owned(read: &DigestCredentials<'_>) -> DigestCredentials<'static> {
    DigestCredentials {
        user: read.user.as_deref().map(own),
        userhash: read.userhash,
        realm: own(&*read.realm),
        nonce: own(&*read.nonce),
        uri: own(&*read.uri),
        response: read.response,
        algorithm: read.algorithm,
        session: read.session,
        opaque: read.opaque.as_deref().map(own),
        protection: read.protection.as_ref().map(|read| QopParams {
            qop: own(&*read.qop),
            nc: own(&*read.nc),
            count: read.count,
            cnonce: own(&*read.cnonce),
            raw_cnonce: own(&*read.raw_cnonce),
        }),
    }
}

fn own<T: ToOwned + ?Sized>(text: &T) -> Cow<'static, T> {
    Cow::Owned(text.to_owned())
}

/// Whether the secret of the session could equal a response to the same nonce, which an attacker may have seen.
///
/// RFC 7616 section 3.4.2 makes the secret of a session, `H(H(A1) ":" nonce ":" cnonce)`, in the same form in which
/// section 3.4.1 makes a response, `H(H(A1) ":" nonce ":" nc ":" cnonce ":" qop ":" H(A2))`. Both hash the same bytes
/// if the client nonce of the session is `nc:cnonce:qop:H(A2)`; or, with the form of RFC 2069, `H(A2)`. An attacker who
/// saw that response would know the secret, and could sign any request in that session. The scheme therefore refuses a
/// client nonce that has a colon; no known client sends a colon. It refuses a client nonce like a hash, too, unless
/// [`ClientQuirk::HashLikeCnonce`] accepts it.
pub(super) fn session_key_could_be_a_response(
    read: &DigestCredentials<'_>,
    algorithm: DigestAlgorithm,
    quirks: QuirkSet,
) -> bool {
    let session = read.protection.as_ref().filter(|_| read.session);
    session.is_some_and(|session| {
        let cnonce = &session.cnonce;
        let is_digit = |byte: &u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        let is_hash = cnonce.len() == 2 * algorithm.hash_len() && cnonce.iter().all(is_digit);
        cnonce.contains(&b':') || is_hash && !quirks.has(ClientQuirk::HashLikeCnonce)
    })
}

/// Whether `uri` names the target of the request (RFC 7616 section 3.4.6), either as the RFC requires or as one of the
/// `quirks` allows.
///
/// # Errors
///
/// The proxies' fields about the target cannot be read.
pub(super) fn names_target(
    uri: &[u8],
    head: &RequestHead<'_>,
    quirks: QuirkSet,
) -> Result<bool, ReasonText> {
    let target = head.signed_target_or_reason()?;
    Ok(is_target(uri, target)
        || quirks.has(ClientQuirk::AndroidUri) && is_absolute_form(uri, target, head)
        || quirks.has(ClientQuirk::InternetExplorerUri) && is_without_query(uri, target))
}

/// Compares byte for byte and decodes nothing, since `/a%2Fb` and `/a/b` are different targets.
///
/// Proxies and HTTP/2 have targets in absolute form, such as `http://example.org/a?b`. Clients send only the path and
/// the query of such a target, so `uri` may have either form.
fn is_target(uri: &[u8], target: &Uri) -> bool {
    match (target.scheme_str(), target.authority()) {
        (None, None) => is_path_and_query(uri, target),
        (None, Some(authority)) => uri == authority.as_str().as_bytes(),
        (Some(scheme), Some(authority)) => {
            is_path_and_query(uri, target)
                || strip_ignoring_case(uri, scheme.as_bytes())
                    .and_then(|rest| strip_ignoring_case(rest, b"://"))
                    .and_then(|rest| strip_ignoring_case(rest, authority.as_str().as_bytes()))
                    .is_some_and(|rest| is_behind_authority(rest, target))
        }
        (Some(_), None) => false,
    }
}

/// Whether `uri` is an absolute `http` or `https` URI with the authority that the request names and the path and query
/// of its target.
fn is_absolute_form(uri: &[u8], target: &Uri, head: &RequestHead<'_>) -> bool {
    let rest =
        strip_ignoring_case(uri, b"http://").or_else(|| strip_ignoring_case(uri, b"https://"));
    let authority = match target.authority() {
        // The target of `CONNECT` is an authority, which has no path.
        Some(_) if target.scheme().is_none() => None,
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => head.signed_host().ok(),
    };
    let (Some(rest), Some(authority)) = (rest, authority.filter(|authority| !authority.is_empty()))
    else {
        return false;
    };
    strip_ignoring_case(rest, authority).is_some_and(|rest| is_behind_authority(rest, target))
}

fn is_without_query(uri: &[u8], target: &Uri) -> bool {
    let path = target.path().as_bytes();
    target.query().is_some() && uri == path
}

/// Whether `uri` is the path and the query of the target.
///
/// The path of a target in absolute form may be empty. By RFC 9110 section 4.2.3 it then means `/`, so
/// `http://example.org?q` has the path and query `/?q`.
fn is_path_and_query(uri: &[u8], target: &Uri) -> bool {
    let asked = path_and_query(target);
    match asked.starts_with(b"?") {
        true => uri.strip_prefix(b"/") == Some(asked),
        false => uri == asked,
    }
}

/// Whether `rest`, the part of an absolute `uri` behind its authority, is the path and the query of the target. The
/// path may be empty on either side: `http://example.org` is the target `/`.
fn is_behind_authority(rest: &[u8], target: &Uri) -> bool {
    let asked = path_and_query(target);
    match rest.first() {
        None | Some(b'?') => asked == rest || asked.strip_prefix(b"/") == Some(rest),
        Some(_) => is_path_and_query(rest, target),
    }
}

/// The path and the query as the client wrote them. An empty path stays empty before a query, and is `/` without one.
fn path_and_query(target: &Uri) -> &[u8] {
    target
        .path_and_query()
        .map_or(b"/", |target| target.as_str().as_bytes())
}

/// Strips a scheme or an authority, in which case does not matter (RFC 3986 section 6.2.2.1).
fn strip_ignoring_case<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
