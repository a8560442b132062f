//! Reads tokens that are no b64tokens, and finds tokens in a query (RFC 6750 section 2.3).

use http::HeaderValue;

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

/// The name of a parameter with a token.
const ACCESS_TOKEN: &[u8] = b"access_token";

/// The number of `access_token` parameters in a query.
pub(super) fn count_tokens(query: &str) -> usize {
    // Many queries, such as `page=2`, are too short for the name.
    if query.len() < ACCESS_TOKEN.len() {
        return 0;
    }
    let names = query.split('&').map(|pair| pair.split('=').next());
    names.flatten().filter(|name| is_access_token(name)).count()
}

/// Whether the name of a parameter is `access_token`, percent-encoded or not. For example, `access%5Ftoken` is.
fn is_access_token(name: &str) -> bool {
    name.len() >= ACCESS_TOKEN.len()
        && percent::bytes(name.as_bytes(), Some).eq(ACCESS_TOKEN.iter().copied().map(Some))
}
