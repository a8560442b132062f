//! Finds the host that a request names.

use http::HeaderValue;
use http::header::HOST;

use super::RequestHead;

impl<'r> RequestHead<'r> {
    /// Returns the host that the request names: the field `Host`, or the authority of the target. HTTP/2 sends the
    /// latter as `:authority` (RFC 9113 section 8.3.1). If the request has both, they must be equal without regard to
    /// case.
    ///
    /// # Errors
    ///
    /// The request names no host, or more than one. The error is a constant text.
    pub(crate) fn host(&self) -> Result<&'r [u8], &'static str> {
        let mut lines = self.headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
        let authority = self
            .target()
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        match (lines.next(), lines.next(), authority) {
            (Some(host), None, None) => Ok(host),
            (Some(host), None, Some(other)) if host.eq_ignore_ascii_case(other) => Ok(host),
            (None, _, Some(authority)) => Ok(authority),
            (None, _, None) => Err("the request names no host"),
            _ => Err("the request names more than one host"),
        }
    }
}
