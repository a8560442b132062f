//! `X-Forwarded-For` and `X-Forwarded-Proto`, which no document defines and every proxy writes.

use http::{HeaderMap, HeaderValue};

use super::node;
use super::trail::ForwardedHop;

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// What each proxy says, the nearest first: it added its own word at the end of the last line, or as a new last line.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = ForwardedHop> {
    let secure = is_secure(headers);
    let lines = headers.get_all(FOR).into_iter().rev();
    let entries = lines.flat_map(|line| entries(line).rev());
    entries.map(move |entry| ForwardedHop {
        address: node::address(entry),
        secure,
    })
}

/// Every entry of every line says `https`. A proxy that adds its word leaves the client's own in the list, and one that
/// was reached in clear text is then enough to know that the word of the others is not to be relied on.
fn is_secure(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(PROTO).into_iter();
    let mut said = lines.flat_map(entries).peekable();
    said.peek().is_some() && said.all(|it| it.eq_ignore_ascii_case(b"https"))
}

/// The entries of a comma-separated list (RFC 9110 section 5.6.1), empty ones left out.
fn entries(line: &HeaderValue) -> impl DoubleEndedIterator<Item = &[u8]> {
    let entries = line.as_bytes().split(|octet| *octet == b',');
    let entries = entries.map(<[u8]>::trim_ascii);
    entries.filter(|entry| !entry.is_empty())
}
