//! Reads `X-Forwarded-For`, `-Proto`, `-Host` and `-Prefix`. No standard defines these fields, but most proxies write
//! them.

use http::uri::Authority;
use http::{HeaderMap, HeaderValue};

use super::node;
use super::trail::{ForwardedHop, uses_tls};

const FOR: &str = "x-forwarded-for";
const PROTO: &str = "x-forwarded-proto";
const HOST: &str = "x-forwarded-host";
const PREFIX: &str = "x-forwarded-prefix";

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
    let mut said = all_entries(headers, PROTO).peekable();
    said.peek().is_some() && said.all(uses_tls)
}

/// Returns the host in `X-Forwarded-Host`.
///
/// Each proxy of a chain may have added an entry, and a client may have sent one. So all entries must be equal. Hosts
/// have no case (RFC 9110 section 4.2.3). The result is `None` if they differ or if they are no host, and `Some(None)` if there are none.
pub(super) fn host(headers: &HeaderMap) -> Option<Option<Authority>> {
    let mut entries = all_entries(headers, HOST);
    let Some(first) = entries.next() else {
        return Some(None);
    };
    let host = Authority::try_from(first).ok();
    let host = host.filter(|host| !host.host().is_empty() && !host.as_str().contains('@'));
    entries
        .all(|other| other.eq_ignore_ascii_case(first))
        .then_some(host?)
        .map(Some)
}

/// Returns the prefix in `X-Forwarded-Prefix`, without a slash at its end. It is empty if there is no field.
///
/// The result is `None` for several entries, because these may have been removed from the path in any order.
pub(super) fn prefix(headers: &HeaderMap) -> Option<&str> {
    let mut entries = all_entries(headers, PREFIX);
    let Some(prefix) = entries.next() else {
        return Some("");
    };
    let prefix = std::str::from_utf8(prefix).ok()?;
    let is_path = prefix.starts_with('/') && !prefix.starts_with("//");
    let is_alone = entries.next().is_none();
    (is_path && is_alone && !prefix.contains(['?', '#'])).then_some(prefix.trim_end_matches('/'))
}

fn all_entries<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h [u8]> {
    headers.get_all(name).into_iter().flat_map(entries)
}

/// Splits a comma-separated list (RFC 9110 section 5.6.1), and leaves empty entries out.
fn entries(line: &HeaderValue) -> impl DoubleEndedIterator<Item = &[u8]> {
    let entries = line.as_bytes().split(|byte| *byte == b',');
    let entries = entries.map(<[u8]>::trim_ascii);
    entries.filter(|entry| !entry.is_empty())
}
