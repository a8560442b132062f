//! Which requests are not asked for credentials.

use http::Method;
use http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_LENGTH, HeaderMap, HeaderName,
    HeaderValue, ORIGIN, PROXY_AUTHORIZATION, TRANSFER_ENCODING,
};

use super::rules::Rules;
use crate::request_head::RequestHead;
use crate::scheme::Scheme;

impl<A: Scheme> Rules<A> {
    /// Whether the request passes unseen.
    pub(super) fn lets_pass(&self, request: &RequestHead<'_>) -> bool {
        let public = self.public.as_ref();
        public.is_some_and(|is_public| is_public(request))
            || self.preflight && is_preflight(request)
    }
}

/// The Fetch standard: a preflight bears all three marks, and never credentials, for whomever, or a body.
fn is_preflight(request: &RequestHead<'_>) -> bool {
    let headers = request.headers();
    request.method() == Method::OPTIONS
        && says_something(headers, &ORIGIN)
        && says_something(headers, &ACCESS_CONTROL_REQUEST_METHOD)
        && !headers.contains_key(AUTHORIZATION)
        && !headers.contains_key(PROXY_AUTHORIZATION)
        && !announces_body(headers)
}

fn says_something(headers: &HeaderMap, name: &HeaderName) -> bool {
    let value = headers.get(name);
    value.is_some_and(|value| !value.as_bytes().trim_ascii().is_empty())
}

fn announces_body(headers: &HeaderMap) -> bool {
    let empty = HeaderValue::from_static("0");
    let mut lengths = headers.get_all(CONTENT_LENGTH).iter();
    headers.contains_key(TRANSFER_ENCODING) || lengths.any(|length| length != empty)
}
