//! Answers a request for the document.

use http::header::{
    ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ALLOW,
    CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, HeaderName, HeaderValue, X_CONTENT_TYPE_OPTIONS,
};
use http::{Method, Response, StatusCode};

use super::ResourceMetadata;
use crate::request_head::RequestHead;

/// The methods that the document has.
const METHODS: &str = "GET, HEAD, OPTIONS";

/// The fields of every answer. The document is the same for all clients and no secret, so scripts of every origin may read
/// it.
const COMMON: [(HeaderName, &str); 1] = [(ACCESS_CONTROL_ALLOW_ORIGIN, "*")];

/// The fields of the document. A cache keeps it for five minutes: a client asks for it at each login, and a change of the
/// configuration reaches clients soon.
const DOCUMENT: [(HeaderName, &str); 3] = [
    (CONTENT_TYPE, "application/json"),
    (CACHE_CONTROL, "public, max-age=300"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
];

/// The fields of a preflight. Clients of MCP send fields of their own, for example `MCP-Protocol-Version`.
const PREFLIGHT: [(HeaderName, &str); 2] = [
    (ACCESS_CONTROL_ALLOW_METHODS, METHODS),
    (ACCESS_CONTROL_ALLOW_HEADERS, "*"),
];

impl ResourceMetadata {
    /// Answers a request for the document, with any method. Returns `None` if the request has another target. The path and
    /// the query are compared byte by byte.
    pub(crate) fn answer<B: From<String>>(&self, head: &RequestHead<'_>) -> Option<Response<B>> {
        let target = head.target().path_and_query()?;
        (target.as_str() == self.target()).then(|| self.answer_to(head.method()))
    }

    fn answer_to<B: From<String>>(&self, method: &Method) -> Response<B> {
        let json = self.as_json();
        let (status, body) = match *method {
            Method::GET => (StatusCode::OK, json),
            Method::HEAD => (StatusCode::OK, ""),
            Method::OPTIONS => (StatusCode::NO_CONTENT, ""),
            _ => (StatusCode::METHOD_NOT_ALLOWED, ""),
        };
        let mut response = Response::new(B::from(body.to_owned()));
        *response.status_mut() = status;
        let fields: &[(HeaderName, &str)] = match status {
            StatusCode::OK => &DOCUMENT,
            StatusCode::NO_CONTENT => &PREFLIGHT,
            _ => &[(ALLOW, METHODS)],
        };
        let fields = COMMON.iter().chain(fields).cloned();
        let fields = fields.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let headers = response.headers_mut();
        headers.extend(fields);
        if *method == Method::HEAD {
            // RFC 9110 section 9.3.2: the fields are those of a `GET`. The body is empty here, because HTTP/2 servers do
            // not remove it.
            headers.insert(CONTENT_LENGTH, json.len().into());
        }
        response
    }
}
