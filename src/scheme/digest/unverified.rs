//! What do credentials claim, and is it for the target of their request?

use std::borrow::Cow;

use http::{Method, Uri};

use super::algorithm::DigestAlgorithm;
use super::message::{DigestCredentials, QopParams};
use super::proof::{DigestProof, ExpectedResponses, Ha1};
use super::quirks::{ClientQuirk, QuirkSet};
use crate::request_head::RequestHead;
use crate::scheme::{Attempt, ServerRole};

/// Credentials that are fit to be compared.
pub(super) struct UnverifiedCredentials<'a> {
    pub(super) credentials: DigestCredentials<'a>,
    pub(super) algorithm: DigestAlgorithm,
    /// Whether the body is covered.
    pub(super) integrity: bool,
}

/// What of a request the digest covers beside the target, and where the reply goes.
#[derive(Clone, Copy)]
pub(super) struct SignedParts<'a> {
    pub(super) method: &'a Method,
    pub(super) role: ServerRole,
    /// The body; empty where it is not covered.
    pub(super) body: &'a [u8],
}

/// What is kept of a request that has to wait: for its account, for the epoch of the store or for its body.
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
                integrity: claimed.integrity,
            },
            method: attempt.head().method().clone(),
            role: attempt.role(),
        }
    }

    pub(super) const fn asked<'a>(&'a self, body: &'a [u8]) -> SignedParts<'a> {
        SignedParts {
            method: &self.method,
            role: self.role,
            body,
        }
    }
}

impl UnverifiedCredentials<'_> {
    /// What the responses have to be, with this secret.
    pub(super) fn responses(&self, asked: &SignedParts<'_>, ha1: &Ha1) -> ExpectedResponses {
        let Self { credentials, .. } = self;
        let session = self.in_session(ha1);
        let ha1 = session.as_ref().unwrap_or(ha1);
        let mut proof = DigestProof {
            method: asked.method.as_str().as_bytes(),
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
        match self.integrity {
            // What the reply will hold nobody knows yet, and nobody is told.
            true => proof.responses_with_bodies(ha1, asked.body, b""),
            false => proof.responses(ha1),
        }
    }

    /// The secret of the session that the nonces of this request begin.
    fn in_session(&self, ha1: &Ha1) -> Option<Ha1> {
        let protection = self.credentials.protection.as_ref();
        let protection = protection.filter(|_| self.credentials.session)?;
        Some(ha1.in_session(&self.credentials.nonce, &protection.cnonce))
    }
}

/// A copy that outlives the request.
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

/// Whether the key of the session could be a response to the same nonce, which whoever saw it would have.
///
/// RFC 7616 section 3.4.2 makes the key of a session, `H(H(A1) ":" nonce ":" cnonce)`, in the form in which section
/// 3.4.1 makes a response. The same octets are hashed if the client's nonce holds what follows there: a count, a nonce and
/// a quality of protection, with colons between them, and `H(A2)`; or, in the form of RFC 2069, `H(A2)` alone.
pub(super) fn could_be_a_response(
    read: &DigestCredentials<'_>,
    algorithm: DigestAlgorithm,
) -> bool {
    let session = read.protection.as_ref().filter(|_| read.session);
    session.is_some_and(|session| {
        let cnonce = &session.cnonce;
        let is_digit = |octet: &u8| matches!(octet, b'0'..=b'9' | b'a'..=b'f');
        let is_hash = cnonce.len() == 2 * algorithm.hash_len();
        cnonce.contains(&b':') || is_hash && cnonce.iter().all(is_digit)
    })
}

/// Whether `uri` names the target of the request (RFC 7616 section 3.4.6), as the RFC has it or as one of the `quirks` has
/// it.
pub(super) fn designates(uri: &[u8], head: &RequestHead<'_>, quirks: QuirkSet) -> bool {
    let target = head.target();
    is(uri, target)
        || quirks.has(ClientQuirk::AndroidUri) && is_absolute_form(uri, head)
        || quirks.has(ClientQuirk::InternetExplorerUri) && is_without_query(uri, target)
}

/// Octet for octet, with nothing decoded, since `/a%2Fb` is not `/a/b`.
///
/// A target in absolute form, as proxies and HTTP/2 have it, may be named by its path and query alone, which is what
/// clients send.
fn is(uri: &[u8], target: &Uri) -> bool {
    match (target.scheme_str(), target.authority()) {
        (None, None) => uri == path_and_query(target),
        (None, Some(authority)) => uri == authority.as_str().as_bytes(),
        (Some(scheme), Some(authority)) => {
            uri == path_and_query(target)
                || strip(uri, scheme.as_bytes())
                    .and_then(|rest| strip(rest, b"://"))
                    .and_then(|rest| strip(rest, authority.as_str().as_bytes()))
                    .is_some_and(|rest| rest == path_and_query(target))
        }
        (Some(_), None) => false,
    }
}

/// A path was asked for, and `uri` is that path at the authority that the request names.
fn is_absolute_form(uri: &[u8], head: &RequestHead<'_>) -> bool {
    let target = head.target();
    let rest = strip(uri, b"http://").or_else(|| strip(uri, b"https://"));
    let authority = match target.authority() {
        // `CONNECT` asks for an authority, which is no path.
        Some(_) if target.scheme().is_none() => None,
        Some(authority) => Some(authority.as_str().as_bytes()),
        None => head.host().ok(),
    };
    let (Some(rest), Some(authority)) = (rest, authority.filter(|it| !it.is_empty())) else {
        return false;
    };
    strip(rest, authority).is_some_and(|rest| rest == path_and_query(target))
}

fn is_without_query(uri: &[u8], target: &Uri) -> bool {
    let path = target.path().as_bytes();
    target.query().is_some() && uri == path
}

fn path_and_query(target: &Uri) -> &[u8] {
    target
        .path_and_query()
        .map_or(b"/", |it| it.as_str().as_bytes())
}

/// Scheme and authority compare without case (RFC 3986 section 6.2.2.1).
fn strip<'a>(text: &'a [u8], prefix: &[u8]) -> Option<&'a [u8]> {
    let (start, rest) = text.split_at_checked(prefix.len())?;
    start.eq_ignore_ascii_case(prefix).then_some(rest)
}
