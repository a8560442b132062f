//! Which requests are not asked for credentials.

use http::Method;
use http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, CONTENT_LENGTH, HeaderMap, HeaderValue, ORIGIN,
    TRANSFER_ENCODING,
};

use super::rules::Rules;
use crate::request_head::RequestHead;
use crate::scheme::Scheme;

impl<A: Scheme> Rules<A> {
    /// Whether the request passes unseen.
    pub(super) fn lets_pass(&self, request: &RequestHead<'_>) -> bool {
        let public = self.public.as_ref();
        public.is_some_and(|is_public| is_public(request))
            || self.preflight && self.is_preflight(request)
    }

    /// The Fetch standard: a preflight bears all three marks, and never credentials or a body.
    fn is_preflight(&self, request: &RequestHead<'_>) -> bool {
        let headers = request.headers();
        request.method() == Method::OPTIONS
            && headers.contains_key(ORIGIN)
            && headers.contains_key(ACCESS_CONTROL_REQUEST_METHOD)
            && !headers.contains_key(self.role.credentials_field())
            && !announces_body(headers)
    }
}

fn announces_body(headers: &HeaderMap) -> bool {
    let empty = HeaderValue::from_static("0");
    let length = headers.get(CONTENT_LENGTH);
    headers.contains_key(TRANSFER_ENCODING) || length.is_some_and(|length| length != empty)
}
