//! Refuses operations of S3 that the gateway does not implement.
//!
//! S3 selects many operations by the query. For example, `DELETE /BUCKET?policy` deletes the policy of a bucket. A
//! gateway that ignored the query would delete the bucket instead.

use axum::extract::Request;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use axum::middleware::Next;
use axum::response::Response;

use crate::answer::Refused;

/// The query parameters of requests that list objects.
const LIST_PARAMS: [&str; 10] = [
    "continuation-token",
    "delimiter",
    "encoding-type",
    "fetch-owner",
    "list-type",
    "location",
    "marker",
    "max-keys",
    "prefix",
    "start-after",
];

/// Conditions for a change. The gateway does not implement them. It must not make such a change without checking its
/// condition.
const CONDITIONS: [HeaderName; 3] = [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE];

/// Answers `501` to a request with an unknown query parameter, and to a change with a condition.
pub(crate) async fn refuse(request: Request, next: Next) -> Result<Response, Refused> {
    let is_change = !request.method().is_safe();
    let query = request.uri().query().unwrap_or_default();
    let names = query.split('&').filter_map(|piece| piece.split('=').next());
    let mut names = names.filter(|name| !name.is_empty());
    let is_known = names.all(|name| is_harmless(name) || !is_change && LIST_PARAMS.contains(&name));
    let is_conditional = CONDITIONS
        .iter()
        .any(|field| request.headers().contains_key(field));
    match is_known && !(is_change && is_conditional) {
        true => Ok(next.run(request).await),
        false => Err(Refused::NOT_IMPLEMENTED),
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
