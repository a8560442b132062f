//! Which fields may scripts of other origins read?

use http::header::{
    ACCESS_CONTROL_EXPOSE_HEADERS, CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue, RETRY_AFTER,
    SET_COOKIE, WWW_AUTHENTICATE,
};

/// The fields that [`expose`] names always, and those that it never names: the Fetch standard shows `Cache-Control` to every
/// script and `Set-Cookie` to none.
const NOT_NAMED: [HeaderName; 5] = [
    WWW_AUTHENTICATE,
    HeaderName::from_static("authentication-info"),
    RETRY_AFTER,
    CACHE_CONTROL,
    SET_COOKIE,
];

/// Lets scripts of other origins read the fields that this crate sets, and the fields of the scheme. By default the Fetch
/// standard hides these fields from such scripts.
pub(crate) fn expose<'n>(headers: &mut HeaderMap, of_scheme: impl Iterator<Item = &'n HeaderName>) {
    let names = "www-authenticate, authentication-info, retry-after";
    headers.append(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(names),
    );
    for name in of_scheme.filter(|name| !NOT_NAMED.contains(name)) {
        expose_field(headers, name.clone());
    }
}

/// Lets scripts of other origins read a field that only some responses have.
pub(crate) fn expose_field(headers: &mut HeaderMap, field: HeaderName) {
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, field.into());
}
