//! What is said to who was let in: `Authentication-Info` (RFC 7616 section 3.5).

use bytes::Bytes;
use http::HeaderValue;

use super::message::Protection;
use super::proof::Responses;
use crate::stateless_nonce::LENGTH;

/// The whole of it, for `qop=auth`. `qop` and `nc` are not quoted; the client's nonce goes back with the quoting that it
/// came with.
pub(super) fn mutual(
    protection: &Protection<'_>,
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
        protection.cnonce.raw(),
        b"\", nc=",
        protection.nc.as_bytes(),
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
