//! Names the change that a client of S3 has to make before S3 looks at its signature.

use std::borrow::Cow;

use http::header::AUTHORIZATION;

use super::{Denial, RefusalKind};
use crate::header::SchemeName;
use crate::request_head::RequestHead;
use crate::text::percent::decode;

/// An error of S3 that names the remedy.
///
/// It depends on the request and on the challenge alone. So it tells a client nothing about keys or signatures.
pub(super) struct AwsAdvice {
    pub(super) code: &'static str,
    pub(super) message: String,
    /// The region to sign for, which is an element of its own: s3cmd and the SDKs sign again for this region.
    pub(super) region: Option<String>,
}

impl AwsAdvice {
    pub(super) fn of(denial: &Denial, request: &RequestHead<'_>) -> Option<Self> {
        match denial.kind() {
            RefusalKind::Unauthenticated | RefusalKind::Malformed if is_version_2(request) => {
                Some(Self::version_4())
            }
            RefusalKind::Unauthenticated => Self::other_region(denial, request),
            _ => None,
        }
    }

    fn version_4() -> Self {
        let message = "The authorization mechanism you have provided is not supported. Please use \
            AWS4-HMAC-SHA256: set signature_version to s3v4 (boto3, the AWS CLI), v2_auth to false (rclone), and \
            signature_v2 to False (s3cmd), and do not set sigv2 (s3fs).";
        Self {
            code: "InvalidRequest",
            message: message.to_owned(),
            region: None,
        }
    }

    fn other_region(denial: &Denial, request: &RequestHead<'_>) -> Option<Self> {
        let (credential, code) = credential(request)?;
        let region = credential.rsplit('/').nth(2)?;
        let mut challenges = denial.challenges().iter();
        let challenge = challenges.find(|one| one.scheme() == SchemeName::AWS4_HMAC_SHA256)?;
        let expected = challenge.param("region")?.to_str()?.into_owned();
        (region != expected).then(|| Self {
            code,
            message: format!("The region is wrong; expecting '{expected}'"),
            region: Some(expected),
        })
    }
}

/// The `Credential` of a request of version 4, and the code for an error in it.
fn credential<'r>(request: &RequestHead<'r>) -> Option<(Cow<'r, str>, &'static str)> {
    if let Some(field) = request.headers().get(AUTHORIZATION) {
        let (_, params) = field.to_str().ok()?.split_once("AWS4-HMAC-SHA256 ")?;
        let mut params = params.split(',');
        let credential = params.find_map(|param| param.trim().strip_prefix("Credential="))?;
        return Some((credential.into(), "AuthorizationHeaderMalformed"));
    }
    let value = query_value(request, "X-Amz-Credential")?;
    let credential = String::from_utf8(decode(value.as_bytes(), Some)?).ok()?;
    Some((credential.into(), "AuthorizationQueryParametersError"))
}

/// Whether a request is signed by version 2: `Authorization: AWS id:signature`, or `?AWSAccessKeyId=id&Signature=..`.
fn is_version_2(request: &RequestHead<'_>) -> bool {
    match request.headers().get(AUTHORIZATION) {
        Some(field) => field.as_bytes().starts_with(b"AWS "),
        None => query_value(request, "AWSAccessKeyId").is_some(),
    }
}

fn query_value<'r>(request: &RequestHead<'r>, name: &str) -> Option<&'r str> {
    let query = request.target().query()?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(found, _)| *found == name)?;
    Some(value)
}
