//! Removes the signature from the URL of a request that the layer has let in.

use axum::extract::Request;
use http::Uri;
use http::uri::PathAndQuery;

/// The parameters in which a presigned URL carries its signature.
const SIGNATURE: [&str; 8] = [
    "X-Amz-Algorithm",
    "X-Amz-Content-Sha256",
    "X-Amz-Credential",
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-Security-Token",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
];

/// Removes the parameters of the signature, and leaves all others. `s3s` refuses a signed URL while its own
/// authentication is off.
///
/// For example, `/b/k?versionId=1&X-Amz-Date=..&X-Amz-Signature=..` becomes `/b/k?versionId=1`.
pub(crate) fn removed(mut request: Request) -> Request {
    if let Some(uri) = without_signature(request.uri()) {
        *request.uri_mut() = uri;
    }
    request
}

fn without_signature(uri: &Uri) -> Option<Uri> {
    let others = uri.query()?.split('&').filter(|piece| !is_signature(piece));
    let others = others.collect::<Vec<_>>().join("&");
    let target = match others.as_str() {
        "" => uri.path().to_owned(),
        others => format!("{}?{others}", uri.path()),
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(target).ok()?);
    Uri::from_parts(parts).ok()
}

fn is_signature(piece: &str) -> bool {
    let name = piece.split('=').next().unwrap_or_default();
    SIGNATURE.contains(&name)
}
