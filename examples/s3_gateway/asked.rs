//! What a request may ask for: whoever deletes a policy must not lose the bucket.

use axum::extract::Request;
use axum::http::header::{HeaderName, IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE};
use axum::middleware::Next;
use axum::response::Response;

use crate::answer::Refused;

/// What may be asked about a list.
const OF_A_LIST: [&str; 10] = [
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

/// On what a change may depend: here on nothing, and it must not be made all the same.
const CONDITIONS: [HeaderName; 3] = [IF_MATCH, IF_NONE_MATCH, IF_UNMODIFIED_SINCE];

/// S3 names what it keeps beside an object or a bucket in the query. None of it is here, and none of it is the object.
pub(crate) async fn nothing_else(request: Request, next: Next) -> Result<Response, Refused> {
    let is_change = !request.method().is_safe();
    let query = request.uri().query().unwrap_or_default();
    let names = query.split('&').filter_map(|piece| piece.split('=').next());
    let mut names = names.filter(|name| !name.is_empty());
    let is_known =
        names.all(|name| is_of_a_client(name) || !is_change && OF_A_LIST.contains(&name));
    let is_conditional = CONDITIONS
        .iter()
        .any(|it| request.headers().contains_key(it));
    match is_known && !(is_change && is_conditional) {
        true => Ok(next.run(request).await),
        false => Err(Refused::NOT_HERE),
    }
}

/// A presigned URL holds its signature, and some clients add the name of the operation. The AWS SDK for JavaScript v3
/// adds `x-id=GetObject` and `x-amz-checksum-mode=ENABLED`, in lower case.
fn is_of_a_client(name: &str) -> bool {
    const START: &str = "x-amz-";
    let start = name.get(..START.len());
    start.is_some_and(|start| start.eq_ignore_ascii_case(START)) || name == "x-id"
}
