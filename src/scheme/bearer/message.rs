//! Reads tokens that are no b64tokens, finds tokens in a query (RFC 6750 section 2.3), and checks the URL of the metadata
//! of a resource (RFC 9728).

use http::uri::Scheme;
use http::{HeaderValue, Uri};

use crate::header::SchemeName;
use crate::text::percent;

/// Returns the token in a field value that begins with the name `Bearer`: `Bearer 1*SP token`. The token consists of
/// visible ASCII characters without a comma and a quotation mark.
pub(super) fn visible_token(field: &HeaderValue) -> Option<&str> {
    let text = field.to_str().ok()?.trim_ascii();
    let rest = text.get(SchemeName::BEARER.as_str().len()..)?;
    let token = rest.strip_prefix(' ')?.trim_start_matches(' ');
    is_visible_token(token).then_some(token)
}

/// Whether a token has at least one character, and only visible ASCII characters without a comma and a quotation mark.
/// A comma would end the credentials in a list, and a quotation mark would begin a quoted-string.
pub(super) fn is_visible_token(token: &str) -> bool {
    let is_allowed = |byte: u8| byte.is_ascii_graphic() && !b",\"".contains(&byte);
    !token.is_empty() && token.bytes().all(is_allowed)
}

/// The number of `access_token` parameters in a query.
pub(super) fn count_tokens(query: &str) -> usize {
    let names = query.split('&').map(|pair| pair.split('=').next());
    names.flatten().filter(|name| is_access_token(name)).count()
}

/// Whether the name of a parameter is `access_token`, percent-encoded or not. For example, `access%5Ftoken` is.
fn is_access_token(name: &str) -> bool {
    const EXPECTED: &[u8] = b"access_token";
    name.len() >= EXPECTED.len()
        && percent::bytes(name.as_bytes(), Some).eq(EXPECTED.iter().copied().map(Some))
}

/// Whether `url` may be the URL of the metadata of a resource. RFC 9728 section 1.2: the identifier of a resource, from
/// which this URL is made, is an `https` URL without a fragment. `http` is accepted for the local machine, where
/// developers have no certificates.
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

/// Whether RFC 3986 appendix A allows this byte in a URI. `#` is not allowed, because it starts a fragment.
fn is_in_urls(byte: u8) -> bool {
    byte.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&byte)
}
