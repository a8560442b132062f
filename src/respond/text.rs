//! Makes a response with a text body.

use http::Response;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS};

use super::RefusalResponse;
use super::accept::MediaType;

/// Makes a refusal with the body `text` and the media type `kind`. `nosniff` forbids browsers to guess another type.
pub(super) fn text_response<B: From<String>>(kind: &MediaType, text: String) -> RefusalResponse<B> {
    let mut response = Response::new(B::from(text));
    let fields: [(HeaderName, &str); 2] = [
        (CONTENT_TYPE, kind.name),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
    response.headers_mut().extend(fields);
    RefusalResponse::refusal(response)
}
