//! Reads `X-Forwarded-For` and `X-Forwarded-Proto`. No standard defines these fields, but most proxies write them.

use http::{HeaderMap, HeaderValue};

use super::node;
use super::trail::{ForwardedHop, uses_tls};

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";

/// Returns what each proxy says about its client. The proxy that is nearest to this server comes first: it added its
/// entry at the end of the last line, or as a new last line.
pub(super) fn hops(headers: &HeaderMap) -> impl Iterator<Item = ForwardedHop> {
    let secure = is_secure(headers);
    let lines = headers.get_all(FOR).into_iter().rev();
    let entries = lines.flat_map(|line| entries(line).rev());
    entries.map(move |entry| ForwardedHop {
        address: node::address(entry),
        secure,
    })
}

/// Returns whether every entry of every line is `https` or `wss`.
///
/// A proxy that adds an entry leaves the entries that the client sent. A single `http` shows that one connection on the
/// way was in clear text. The entries do not say which of them the trusted proxy wrote, so all of them must say
/// `https` or `wss`.
fn is_secure(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(PROTO).into_iter();
    let mut said = lines.flat_map(entries).peekable();
    said.peek().is_some() && said.all(uses_tls)
}

/// Splits a comma-separated list (RFC 9110 section 5.6.1), and leaves empty entries out.
fn entries(line: &HeaderValue) -> impl DoubleEndedIterator<Item = &[u8]> {
    let entries = line.as_bytes().split(|byte| *byte == b',');
    let entries = entries.map(<[u8]>::trim_ascii);
    entries.filter(|entry| !entry.is_empty())
}
