//! Contract floors: for each case a function that does by hand what this crate promises, without a framework.
//!
//! The contract of an accepted request:
//!
//! - The credentials are in one field line and follow the grammar of their scheme.
//! - The floor marks the field as sensitive and compares secrets in constant time.
//! - The inner service finds the identity in the extensions.
//! - A response that shared caches may store gets `Vary`.
//!
//! The contract of a refusal: the response has status `401`, each challenge in its own line, and `Cache-Control:
//! no-store`.
//!
//! [`check`] checks each floor against this contract.

pub(crate) mod basic;
pub(crate) mod bearer;
pub(crate) mod check;
pub(crate) mod digest;
mod digest_nonce;
mod digest_params;
pub(crate) mod sigv4;
mod sigv4_canonical;

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, Request, Response, StatusCode};
use tower_challenge::Principal;

use super::inner::Body;

/// The identity that a floor puts into the extensions.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Principal);

/// The credentials field.
enum Field<'a> {
    Absent,
    One(&'a [u8]),
    Several,
}

/// Finds the credentials. A loop is faster than a look-up here, because a request has few fields.
#[inline]
fn credentials(headers: &HeaderMap) -> Field<'_> {
    let mut field = Field::Absent;
    for (name, line) in headers {
        if *name == AUTHORIZATION {
            field = match field {
                Field::Absent => Field::One(line.as_bytes()),
                _ => Field::Several,
            };
        }
    }
    field
}

/// Returns the credentials after the name of their scheme. The case of the name does not matter (RFC 9110 section
/// 11.1).
#[inline]
fn after_scheme<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (scheme, rest) = line.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b" ")?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    scheme
        .eq_ignore_ascii_case(name.as_bytes())
        .then_some(&rest[spaces..])
}

/// Returns whether `text` is a token68 (RFC 9110 section 11.2).
#[inline]
fn is_token68(text: &[u8]) -> bool {
    let signs = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &text[..text.len() - signs];
    // No early exit, so that the compiler can test many bytes at once.
    let is_allowed = |byte: u8| {
        let is_letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        let is_sign = (byte == b'_') | (byte == b'~') | (byte == b'+');
        // `-`, `.`, `/` and the digits are neighbours in ASCII.
        is_letter | is_sign | (byte.wrapping_sub(b'-') < 13)
    };
    !text.is_empty() & text.iter().fold(true, |all, &byte| all & is_allowed(byte))
}

/// Compares secrets. The time depends only on the length of `presented`.
#[inline]
fn same(presented: &[u8], expected: &[u8]) -> bool {
    let equally_long = presented.len() == expected.len();
    let other = if equally_long { expected } else { presented };
    constant_time_eq::constant_time_eq(presented, other) & equally_long
}

/// Calls the inner service. It finds `identity` in the extensions, and the credentials are marked as sensitive.
#[inline]
fn admit<B>(
    mut request: Request<B>,
    identity: Principal,
    inner: impl FnOnce(Request<B>) -> Response<Body>,
) -> Response<Body> {
    let fields = request.headers_mut().iter_mut();
    for (_, line) in fields.filter(|(name, _)| **name == AUTHORIZATION) {
        line.set_sensitive(true);
    }
    request.extensions_mut().insert(Caller(identity));
    let mut response = inner(request);
    if may_be_shared(response.headers()) {
        let field = HeaderValue::from_static("authorization");
        response.headers_mut().append(VARY, field);
    }
    response
}

/// Returns whether shared caches may store a response to a request with credentials (RFC 9111 section 3.5).
fn may_be_shared(headers: &HeaderMap) -> bool {
    const DIRECTIVES: [&[u8]; 3] = [b"public", b"s-maxage", b"must-revalidate"];
    let mut lines = headers.iter().filter(|(name, _)| *name == CACHE_CONTROL);
    lines.any(|(_, line)| {
        let mut directives = line.as_bytes().split(|byte| b",=".contains(byte));
        directives.any(|directive| {
            let mut shared = DIRECTIVES.iter();
            shared.any(|name| directive.trim_ascii().eq_ignore_ascii_case(name))
        })
    })
}

/// Drops the request and refuses it with these challenges.
#[inline]
pub(crate) fn refuse<B>(
    request: Request<B>,
    challenges: impl IntoIterator<Item = HeaderValue>,
) -> Response<Body> {
    refuse_with(request, fields_of(challenges))
}

/// Drops the request and refuses it with these fields. The caller clones them from fields that it made once, unless the
/// challenges differ from request to request.
#[inline]
pub(crate) fn refuse_with<B>(request: Request<B>, fields: HeaderMap) -> Response<Body> {
    drop(request);
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    *response.headers_mut() = fields;
    response
}

/// Makes the fields of a refusal with these challenges.
#[inline]
pub(crate) fn fields_of(challenges: impl IntoIterator<Item = HeaderValue>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for challenge in challenges {
        headers.append(WWW_AUTHENTICATE, challenge);
    }
    headers
}

/// Refuses a request whose credentials violate the grammar.
#[cold]
fn malformed<B>(request: Request<B>) -> Response<Body> {
    let mut response = refuse(request, None);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
