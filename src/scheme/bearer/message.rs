//! Where else a token could be (RFC 6750 section 2.3), and where a client learns where to get one (RFC 9728).

use http::Uri;
use http::uri::Scheme;

use crate::text::percent;

/// How many `access_token` parameters a query holds.
pub(super) fn tokens_in(query: &str) -> usize {
    let names = query.split('&').map(|pair| pair.split('=').next());
    names.flatten().filter(|name| is_access_token(name)).count()
}

/// Whether a parameter is called `access_token`, percent-encoded or not.
fn is_access_token(name: &str) -> bool {
    const EXPECTED: &[u8] = b"access_token";
    name.len() >= EXPECTED.len()
        && percent::octets(name.as_bytes(), Some).eq(EXPECTED.iter().copied().map(Some))
}

/// RFC 9728 section 1.2: the identifier of a resource, from which the URL of its metadata is made, is an `https` URL
/// without a fragment. Where the client and we are one machine, developers have no certificates.
pub(super) fn is_metadata_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
    let is_allowed = is_secure || is_local && uri.scheme() == Some(&Scheme::HTTP);
    is_allowed && !host.is_empty() && url.bytes().all(is_in_urls)
}

/// RFC 3986 appendix A, without the `#` of a fragment.
fn is_in_urls(octet: u8) -> bool {
    octet.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&octet)
}
