//! Contract floors: for each case one function that does by hand what this crate promises, with no framework around it.
//!
//! The contract of an accepted request: the credentials stand in one field line, are marked as sensitive, follow the
//! grammar of their scheme, and are compared in constant time; the inner service finds the identity in the extensions;
//! a response that shared caches may store gets `Vary`. The contract of a refusal: `401`, each challenge in a line of its
//! own, `Cache-Control: no-store`. [`check`] holds every floor to it.

pub(crate) mod basic;
pub(crate) mod bearer;
pub(crate) mod check;
pub(crate) mod digest;
mod digest_nonce;
mod digest_params;
pub(crate) mod sigv4;
mod sigv4_canonical;

use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue, VARY, WWW_AUTHENTICATE};
use http::{HeaderMap, Response, StatusCode};
use tower_challenge::Principal;

use super::inner::{BenchRequest, Body};

/// The identity that a floor puts into the extensions.
#[derive(Clone)]
pub(crate) struct Caller(pub(crate) Principal);

/// The credentials field.
enum Field<'a> {
    Absent,
    One(&'a [u8]),
    Several,
}

/// Finds the credentials. A request has few fields: a loop is quicker than a look-up.
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

/// The credentials after the name of their scheme, which is compared without case (RFC 9110 section 11.1).
#[inline]
fn after_scheme<'a>(line: &'a [u8], name: &str) -> Option<&'a [u8]> {
    let (scheme, rest) = line.split_at_checked(name.len())?;
    let rest = rest.strip_prefix(b" ")?;
    let spaces = rest.iter().take_while(|byte| **byte == b' ').count();
    scheme
        .eq_ignore_ascii_case(name.as_bytes())
        .then_some(&rest[spaces..])
}

/// RFC 9110 section 11.2.
#[inline]
fn is_token68(text: &[u8]) -> bool {
    let signs = text.iter().rev().take_while(|byte| **byte == b'=').count();
    let text = &text[..text.len() - signs];
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte);
    !text.is_empty() && text.iter().all(is_allowed)
}

/// Compares secrets, in a time that depends on the length of what was presented alone.
#[inline]
fn same(presented: &[u8], expected: &[u8]) -> bool {
    let equally_long = presented.len() == expected.len();
    let other = if equally_long { expected } else { presented };
    constant_time_eq::constant_time_eq(presented, other) & equally_long
}

/// Lets the inner service answer, which finds `identity` in the extensions, and the credentials marked as sensitive.
#[inline]
fn admit(
    mut request: BenchRequest,
    identity: Principal,
    inner: impl FnOnce(BenchRequest) -> Response<Body>,
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

/// Whether shared caches may store a response to a request with credentials (RFC 9111 section 3.5).
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

/// Refuses with these challenges. The request is dropped.
#[inline]
pub(crate) fn refuse(
    request: BenchRequest,
    challenges: impl IntoIterator<Item = HeaderValue>,
) -> Response<Body> {
    drop(request);
    let mut response = Response::new(Body::default());
    *response.status_mut() = StatusCode::UNAUTHORIZED;
    let headers = response.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    for challenge in challenges {
        headers.append(WWW_AUTHENTICATE, challenge);
    }
    response
}

/// Refuses what the grammar does not allow.
#[cold]
fn malformed(request: BenchRequest) -> Response<Body> {
    let mut response = refuse(request, None);
    *response.status_mut() = StatusCode::BAD_REQUEST;
    response
}
