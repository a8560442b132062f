//! Whether the `uri` of Digest credentials designates the target of the request (RFC 7616 section 3.4.6).

use http::Uri;

use super::quirks::{Quirk, Quirks};
use crate::request_head::RequestHead;

/// Whether `uri` names what was requested, as RFC 7616 has it or as one of the `quirks` has it.
pub(super) fn designates(uri: &[u8], head: &RequestHead<'_>, quirks: Quirks) -> bool {
    let target = head.target();
    is(uri, target)
        || quirks.has(Quirk::AndroidUri) && is_absolute_form(uri, head)
        || quirks.has(Quirk::InternetExplorerUri) && is_without_query(uri, target)
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
