//! Refuses requests that `s3s` would handle in a way that the signature does not cover.

use axum::extract::Request;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use percent_encoding::percent_decode;

/// Answers `501` to uploads by an HTML form, and `400` to a path or a copy source with a segment `..`.
///
/// `s3s` takes each `POST` with a form for an upload, even with a query such as `?delete`, and stops reading at the end of
/// the form. So the layer never compares the hash of the body. A key with `..` names an object of another bucket in `s3s-fs`.
pub(crate) async fn refused(request: Request, next: Next) -> Result<Response, StatusCode> {
    if request.method() == Method::POST && has_form(&request) {
        return Err(StatusCode::NOT_IMPLEMENTED);
    }
    let source = request.headers().get("x-amz-copy-source");
    let source = source.map_or(&b""[..], HeaderValue::as_bytes);
    match climbs(request.uri().path().as_bytes()) || climbs(source) {
        true => Err(StatusCode::BAD_REQUEST),
        false => Ok(next.run(request).await),
    }
}

fn has_form(request: &Request) -> bool {
    let form = b"multipart/form-data";
    let mut types = request.headers().get_all(CONTENT_TYPE).iter();
    types.any(|value| {
        let value = value.as_bytes().trim_ascii_start();
        let start = value.get(..form.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(form))
    })
}

/// Whether the decoded `path` has a segment `..`.
fn climbs(path: &[u8]) -> bool {
    let decoded: Vec<u8> = percent_decode(path).collect();
    let mut segments = decoded.split(|byte| matches!(byte, b'/' | b'\\' | b'?'));
    segments.any(|segment| segment == b"..")
}
