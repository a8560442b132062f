//! The error for clients that sign by version 2, which S3 itself refuses in most regions.

use http::header::AUTHORIZATION;

use super::aws_signature_error::offers_sigv4;
use super::{Denial, RefusalKind};
use crate::request_head::RequestHead;

/// The message of the error. It names the setting of each client.
pub(super) const USE_VERSION_4: &str = "The authorization mechanism you have provided is not supported. Please use \
    AWS4-HMAC-SHA256: set signature_version to s3v4 (boto3, the AWS CLI), v2_auth to false (rclone), and signature_v2 to \
    False (s3cmd), and do not set sigv2 (s3fs).";

/// Returns whether the client is refused because it signs by version 2, by a layer that offers version 4. That depends
/// on the request alone, so the answer tells nothing about keys.
pub(super) fn is_refused_version_2(denial: &Denial, request: &RequestHead<'_>) -> bool {
    let is_refused = denial.kind() == RefusalKind::Unauthenticated;
    is_refused && offers_sigv4(denial) && is_version_2(request)
}

/// Whether a request is signed by version 2: `Authorization: AWS id:signature`, or `?AWSAccessKeyId=id&Signature=..`.
fn is_version_2(request: &RequestHead<'_>) -> bool {
    match request.headers().get(AUTHORIZATION) {
        Some(field) => field.as_bytes().starts_with(b"AWS "),
        None => {
            let query = request.target().query().unwrap_or_default();
            let mut names = query.split('&').filter_map(|pair| pair.split('=').next());
            names.any(|name| name == "AWSAccessKeyId")
        }
    }
}
