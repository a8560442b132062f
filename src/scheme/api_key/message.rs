//! Reads a key from its field, and says which fields can hold one.

use std::str;

use http::header::{self, HeaderMap, HeaderName};

use super::reasons;
use crate::config_error::ConfigError;
use crate::reason::ReasonText;
use crate::scheme::contract::presented_field::MAX_FIELD_LENGTH;

/// Returns the key of a request, or the reason why it is none. Returns `None` if the field is absent.
pub(super) fn key<'r>(
    headers: &'r HeaderMap,
    field: &HeaderName,
) -> Option<Result<&'r str, ReasonText>> {
    let mut lines = headers.get_all(field).iter();
    let line = lines.next()?;
    if lines.next().is_some() {
        return Some(Err(reasons::SEVERAL_KEYS));
    }
    Some(key_of(line.as_bytes().trim_ascii()))
}

/// Returns the key in a field value without whitespace around it.
///
/// Deployed services put nearly every visible character into their keys, for example the vertical bar in `5|kq8Zr0`. So
/// the scheme allows all of them. A space is not among them: a proxy that joins two field lines writes `k3y, 0ther`.
fn key_of(value: &[u8]) -> Result<&str, ReasonText> {
    match str::from_utf8(value) {
        Ok("") => Err(reasons::EMPTY),
        _ if value.len() > MAX_FIELD_LENGTH => Err(reasons::TOO_LONG),
        Ok(key) if is_key(key) => Ok(key),
        _ => Err(reasons::NOT_VISIBLE),
    }
}

/// Whether all characters are visible ASCII: `!` to `~`.
fn is_key(key: &str) -> bool {
    key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Fields that clients, proxies and servers read for another purpose, or that do not reach the server unchanged.
const OF_HTTP: [HeaderName; 29] = [
    header::ACCEPT,
    header::ACCEPT_ENCODING,
    header::ACCEPT_LANGUAGE,
    header::CACHE_CONTROL,
    header::CONNECTION,
    header::CONTENT_ENCODING,
    header::CONTENT_LENGTH,
    header::CONTENT_TYPE,
    header::DATE,
    header::EXPECT,
    header::FORWARDED,
    header::HOST,
    header::IF_MATCH,
    header::IF_MODIFIED_SINCE,
    header::IF_NONE_MATCH,
    header::IF_RANGE,
    header::IF_UNMODIFIED_SINCE,
    header::CONTENT_RANGE,
    header::PRAGMA,
    header::SET_COOKIE,
    header::ORIGIN,
    header::RANGE,
    header::REFERER,
    header::TE,
    header::TRAILER,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    header::USER_AGENT,
    header::VIA,
];

/// The first characters of more such fields.
const PREFIXES_OF_HTTP: [&str; 4] = ["access-control-", "proxy-", "sec-", "x-forwarded-"];

/// Checks that a field can hold a key.
pub(super) fn check_field(name: &HeaderName) -> Result<(), ConfigError> {
    if [header::AUTHORIZATION, header::PROXY_AUTHORIZATION].contains(name) {
        return Err(ConfigError::new(
            "an API key cannot be in this field, which begins with the name of a scheme: use Bearer",
        ));
    }
    if *name == header::COOKIE {
        return Err(ConfigError::new(
            "an API key cannot be a cookie, which browsers also send for pages of other sites: write a scheme for sessions",
        ));
    }
    let mut prefixes = PREFIXES_OF_HTTP.iter();
    if OF_HTTP.contains(name) || prefixes.any(|prefix| name.as_str().starts_with(prefix)) {
        return Err(ConfigError::new(
            "an API key cannot be in a field that HTTP uses for something else: use a field of your own, such as X-Api-Key",
        ));
    }
    Ok(())
}
