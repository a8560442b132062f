//! Which fields may scripts of other origins read?

use http::header::{ACCESS_CONTROL_EXPOSE_HEADERS, HeaderMap, HeaderName, HeaderValue};

/// Lets scripts of other origins read the fields that this crate sets. By default the Fetch standard hides these fields
/// from such scripts.
pub(crate) fn expose(headers: &mut HeaderMap) {
    let names = "www-authenticate, authentication-info, retry-after";
    headers.append(
        ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(names),
    );
}

/// Lets scripts of other origins read a field that only some responses have.
pub(crate) fn expose_field(headers: &mut HeaderMap, field: HeaderName) {
    headers.append(ACCESS_CONTROL_EXPOSE_HEADERS, field.into());
}
