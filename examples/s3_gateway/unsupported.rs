//! Answers `501` to requests that ask for more than one whole object.
//!
//! S3 selects many operations by the query. For example, `PUT /BUCKET/KEY?acl` changes the permissions of an object. A
//! gateway that ignored the query would replace the object instead.

use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE};
use axum::middleware::Next;
use axum::response::Response;

/// Conditions and ranges. The AWS command line writes a whole object into the place of each range that it asks for.
const FIELDS: [HeaderName; 4] = [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, RANGE];

pub(crate) async fn refuse(request: Request, next: Next) -> Result<Response, StatusCode> {
    let query = request.uri().query().unwrap_or_default();
    let names = query.split('&').filter_map(|piece| piece.split('=').next());
    let mut names = names.filter(|name| !name.is_empty());
    let mut fields = FIELDS.iter();
    match names.all(is_harmless) && !fields.any(|field| request.headers().contains_key(field)) {
        true => Ok(next.run(request).await),
        false => Err(StatusCode::NOT_IMPLEMENTED),
    }
}

/// Returns `true` for parameters that do not select an operation: those of a presigned URL, and `x-id`, in which some
/// clients repeat the name of the operation. The AWS SDK for JavaScript v3 sends `x-id=GetObject` and
/// `x-amz-checksum-mode=ENABLED`, in lower case.
fn is_harmless(name: &str) -> bool {
    const START: &str = "x-amz-";
    let start = name.get(..START.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(START)) || name == "x-id"
}
