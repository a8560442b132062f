//! The bodies of the errors of AWS, in XML and in JSON.

use std::borrow::Cow;

use http::StatusCode;
use http::header::{HeaderName, HeaderValue};

use super::RefusalResponse;
use super::accept::MediaType;
use super::html::escape_html;
use super::text::text_response;
use crate::request_head::RequestHead;

/// An error as the body shows it.
pub(super) struct AwsError<'a> {
    pub(super) code: &'static str,
    pub(super) message: Cow<'a, str>,
    pub(super) region: Option<&'a str>,
    /// The status in place of the refusal's.
    pub(super) status: Option<StatusCode>,
}

/// The field by which clients learn the region from the answer to `HEAD`, which has no body.
const BUCKET_REGION: HeaderName = HeaderName::from_static("x-amz-bucket-region");

impl AwsError<'_> {
    /// Only the path needs escaping, because the client has sent it.
    pub(super) fn xml<B: From<String>>(&self, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let (code, message) = (self.code, &self.message);
        let resource = escape_html(request.target().path());
        let region = self.region;
        let region = region.map(|region| format!("<Region>{region}</Region>"));
        let region = region.unwrap_or_default();
        let text = format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>{code}</Code>\
         <Message>{message}</Message>{region}<Resource>{resource}</Resource></Error>"
        );
        let mut rendered: RefusalResponse<B> = text_response(request, &MediaType::XML, text);
        let region = self
            .region
            .and_then(|region| HeaderValue::from_str(region).ok());
        if let Some(region) = region {
            let headers = rendered.response_mut().headers_mut();
            headers.insert(BUCKET_REGION, region);
        }
        rendered
    }

    /// Neither text needs escaping: both come from fixed sets, apart from the region, which has no special characters. A
    /// test parses all combinations.
    pub(super) fn json<B: From<String>>(&self, request: &RequestHead<'_>) -> RefusalResponse<B> {
        let (code, message) = (self.code, &self.message);
        let text = format!(r#"{{"__type":"{code}","message":"{message}"}}"#);
        text_response(request, &MediaType::JSON, text)
    }
}
