//! Checks URLs that a configuration names.

use http::Uri;
use http::uri::Scheme;

/// Whether `url` is an absolute `https` URL without a fragment and without user information. `http` is accepted for the
/// local machine, where developers have no certificates.
pub(crate) fn is_secure_url(url: &str) -> bool {
    let Ok(uri) = url.parse::<Uri>() else {
        return false;
    };
    let host = uri.host().unwrap_or_default();
    let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&host);
    let is_secure = uri.scheme() == Some(&Scheme::HTTPS);
    let is_allowed = is_secure || is_local && uri.scheme() == Some(&Scheme::HTTP);
    let has_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    is_allowed && !host.is_empty() && !has_user && url.bytes().all(is_in_urls)
}

/// Whether RFC 3986 appendix A allows this byte in a URI. `#` is not allowed, because it starts a fragment.
fn is_in_urls(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte)
}
