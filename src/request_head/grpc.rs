//! Tells whether a client speaks gRPC.

use http::header::CONTENT_TYPE;

use super::RequestHead;

/// gRPC over HTTP/2. The two others are for browsers, which cannot send it.
pub(crate) const GRPC: &str = "application/grpc";

const DIALECTS: [&str; 3] = [GRPC, "application/grpc-web", "application/grpc-web-text"];

impl RequestHead<'_> {
    /// Returns the variant of gRPC that the client speaks, without the suffix after `+` and the parameters after `;`.
    /// Returns `None` if the client does not speak gRPC.
    pub(crate) fn grpc_dialect(&self) -> Option<&'static str> {
        let kind = self.headers.get(CONTENT_TYPE)?.to_str().ok()?;
        let kind = kind.split(['+', ';']).next().unwrap_or_default().trim();
        let mut dialects = DIALECTS.into_iter();
        dialects.find(|dialect| kind.eq_ignore_ascii_case(dialect))
    }
}
