//! Reads the field `Forwarded` (RFC 7239).
//!
//! ```text
//! Forwarded: for=192.0.2.60;proto=http;by=203.0.113.43, for="[2001:db8:cafe::17]:4711"
//! ```
//!
//! The field is read from the right, byte by byte, because each proxy adds its element at the right end. So text that a
//! client wrote to the left of that element cannot change how the element is read. For example, a client may open a
//! quoted string and never close it: read from the left, that string would swallow the proxy's element.

use http::HeaderMap;
use http::header::FORWARDED;

use super::node;
use super::trail::{ForwardedHop, uses_tls};
use crate::text::unquoted::unquoted;

/// Returns what each proxy says about its client. The proxy that is nearest to this server comes first.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = ForwardedHop> {
    let lines = headers.get_all(FORWARDED).into_iter().rev();
    let elements = lines.flat_map(|line| RightmostFirst(Some(line.as_bytes())));
    let elements = elements.map(<[u8]>::trim_ascii);
    elements.filter(|element| !element.is_empty()).map(hop)
}

/// Iterates over the elements of a comma-separated list, the last element first.
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

/// Returns the position of the last comma outside quoted strings.
fn last_comma(line: &[u8]) -> Option<usize> {
    let mut quoted = false;
    line.iter().enumerate().rposition(|(at, byte)| {
        quoted ^= *byte == b'"' && !is_escaped(line, at);
        *byte == b',' && !quoted
    })
}

/// Returns whether an odd number of backslashes stands directly before the byte `at`.
///
/// This looks back at most once over each run of backslashes, because only the quotation mark after a run asks. So the
/// time for a whole line stays linear in its length.
fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line[..at].iter().rev();
    before.take_while(|byte| **byte == b'\\').count() % 2 == 1
}

/// Reads one element. A parameter that occurs twice, or whose value breaks the grammar, counts as absent.
fn hop(element: &[u8]) -> ForwardedHop {
    let (address, proto) = (param(element, b"for"), param(element, b"proto"));
    ForwardedHop {
        address: address.and_then(node::address),
        secure: proto.is_some_and(uses_tls),
    }
}

/// Returns the value of the parameter `name`, if the element has exactly one such parameter.
fn param<'e>(element: &'e [u8], name: &[u8]) -> Option<&'e [u8]> {
    let mut values = params(element).filter_map(|param| value_of(param.trim_ascii(), name));
    let value = values.next()?;
    values.next().is_none().then_some(without_quotes(value)?)
}

/// Splits an element at its semicolons.
///
/// Semicolons in quoted strings do not count: a proxy copies the client's `Host` into the parameter `host`, so a client
/// can write semicolons into its value.
fn params(element: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut ends = unquoted(b';');
    element.split(move |byte| ends(*byte))
}

fn value_of<'p>(param: &'p [u8], name: &[u8]) -> Option<&'p [u8]> {
    let equals = param.iter().position(|byte| *byte == b'=')?;
    let (found, value) = (param.get(..equals)?, param.get(equals + 1..)?);
    found.eq_ignore_ascii_case(name).then_some(value)
}

/// Removes the quotation marks around a value. Returns `None` for a value with a quotation mark or a backslash inside,
/// because neither an address nor a protocol holds these.
fn without_quotes(value: &[u8]) -> Option<&[u8]> {
    let inside = match value {
        [b'"', inside @ .., b'"'] => inside,
        token => token,
    };
    let plain = |byte: &u8| !matches!(byte, b'"' | b'\\');
    inside.iter().all(plain).then_some(inside)
}
