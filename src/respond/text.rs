//! Makes a response with a text body.

use http::header::{CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};
use http::{Method, Response};

use super::RefusalResponse;
use super::accept::MediaType;
use crate::request_head::RequestHead;

/// Makes a refusal with the body `text` and the media type `kind`. `nosniff` forbids browsers to guess another type.
///
/// The response to `HEAD` has the fields of the response to `GET` and no body (RFC 9110 section 9.3.2). hyper would leave
/// a body out over HTTP/1.1. Over HTTP/2 it would send the body, and the client would take the response for malformed.
pub(super) fn text_response<B: From<String>>(
    request: &RequestHead<'_>,
    kind: &MediaType,
    text: String,
) -> RefusalResponse<B> {
    let length = HeaderValue::from(text.len());
    let is_head = *request.method() == Method::HEAD;
    let text = if is_head { String::new() } else { text };
    let mut response = Response::new(B::from(text));
    if is_head {
        response.headers_mut().insert(CONTENT_LENGTH, length);
    }
    let fields: [(HeaderName, &str); 2] = [
        (CONTENT_TYPE, kind.name),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(fields);
    RefusalResponse::refusal(response)
}
