//! Tells whether a client speaks gRPC, or streams by the protocol of Connect.

use http::header::{CONTENT_TYPE, HeaderValue};

use super::RequestHead;

/// gRPC over HTTP/2. The two others are for browsers, which cannot send it.
const GRPC: &str = "application/grpc";

const DIALECTS: [&str; 3] = [GRPC, "application/grpc-web", "application/grpc-web-text"];

impl RequestHead<'_> {
    /// Returns whether the client may keep its stream open until it has the response: over gRPC, and over Connect with a
    /// stream, whose content types begin with `application/connect+`.
    pub(crate) fn may_stream_both_ways(&self) -> bool {
        const CONNECT: &str = "application/connect+";
        let kind = self.headers.get(CONTENT_TYPE).map(HeaderValue::as_bytes);
        let start = kind.and_then(|kind| kind.get(..CONNECT.len()));
        self.grpc_dialect() == Some(GRPC)
            || start.is_some_and(|start| start.eq_ignore_ascii_case(CONNECT.as_bytes()))
    }

    /// Returns the variant of gRPC that the client speaks, without the suffix after `+` and the parameters after `;`.
    /// Returns `None` if the client does not speak gRPC.
    pub(crate) fn grpc_dialect(&self) -> Option<&'static str> {
        let kind = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(['+', ';']).next().unwrap_or_default().trim();
        let mut dialects = DIALECTS.into_iter();
        dialects.find(|dialect| kind.eq_ignore_ascii_case(dialect))
    }
}
