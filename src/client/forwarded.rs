//! `Forwarded` (RFC 7239).
//!
//! ```text
//! Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43, for="[2001:db8:cafe::17]:4711"
//! ```
//!
//! Read from the right, octet by octet: what the nearest proxy added ends at the end of the line, and whatever a client
//! wrote to the left of it, quotation marks without an end among it, cannot reach over.

use http::HeaderMap;
use http::header::FORWARDED;

use super::node;
use super::trail::ForwardedHop;
use crate::text::unquoted::unquoted;

/// What each proxy says, the nearest first.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = ForwardedHop> {
    let lines = headers.get_all(FORWARDED).into_iter().rev();
    let elements = lines.flat_map(|line| RightmostFirst(Some(line.as_bytes())));
    let elements = elements.map(<[u8]>::trim_ascii);
    elements.filter(|it| !it.is_empty()).map(hop)
}

/// The elements of a list, the last first.
struct RightmostFirst<'l>(Option<&'l [u8]>);

impl<'l> Iterator for RightmostFirst<'l> {
    type Item = &'l [u8];

    fn next(&mut self) -> Option<&'l [u8]> {
        let line = self.0.take()?;
        let Some(comma) = last_comma(line) else {
            return Some(line);
        };
        self.0 = line.get(..comma);
        line.get(comma + 1..)
    }
}

/// The last comma that is in no quoted string.
fn last_comma(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    line.iter().enumerate().rposition(|(at, octet)| {
        quoted ^= *octet == b'"' && !is_escaped(line, at);
        *octet == b',' && !quoted
    })
}

/// Whether an odd number of backslashes stands before the octet `at`. No octet stands behind two runs of them.
fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line[..at].iter().rev();
    before.take_while(|octet| **octet == b'\\').count() % 2 == 1
}

/// An element that says something twice, or breaks the grammar, says nothing.
fn hop(element: &[u8]) -> ForwardedHop {
    let (address, proto) = (param(element, b"for"), param(element, b"proto"));
    ForwardedHop {
        address: address.and_then(node::address),
        secure: proto.is_some_and(|it| it.eq_ignore_ascii_case(b"https")),
    }
}

/// The value of the one parameter `name`.
fn param<'e>(element: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    let mut values = params(element).filter_map(|param| value_of(param.trim_ascii(), name));
    let value = values.next()?;
    values.next().is_none().then_some(without_quotes(value)?)
}

/// The parameters of an element. A `host` is what the client says it is, semicolons among it.
fn params(element: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut ends = unquoted(b';');
    element.split(move |octet| ends(*octet))
}

fn value_of<'p>(param: &'p [u8], name: &[u8]) -> Option<&'p [u8]> {
    let equals = param.iter().position(|octet| *octet == b'=')?;
    let (found, value) = (param.get(..equals)?, param.get(equals + 1..)?);
    found.eq_ignore_ascii_case(name).then_some(value)
}

/// No value that means anything here holds what has to be escaped.
fn without_quotes(value: &[u8]) -> Option<&[u8]> {
    let inside = match value {
        [b'"', inside @ .., b'"'] => inside,
        token => token,
    };
    let plain = |octet: &u8| !matches!(octet, b'"' | b'\\');
    inside.iter().all(plain).then_some(inside)
}
