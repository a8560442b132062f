//! Which host does a request name?

use http::HeaderValue;
use http::header::HOST;

use super::RequestHead;

impl<'r> RequestHead<'r> {
    /// The host that the request names: the field `Host`, or what HTTP/2 has in its place (RFC 9113 section 8.3.1). Where
    /// both are there, they have to agree.
    ///
    /// # Errors
    ///
    /// Tells in fixed words that the request names no host, or more than one.
    pub(crate) fn host(&self) -> Result<&'r [u8], &'static str> {
        let mut lines = self.headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
        let authority = self.target().authority().map(|it| it.as_str().as_bytes());
        match (lines.next(), lines.next(), authority) {
            (Some(host), None, None) => Ok(host),
            (Some(host), None, Some(other)) if host.eq_ignore_ascii_case(other) => Ok(host),
            (None, _, Some(authority)) => Ok(authority),
            (None, _, None) => Err("there is no host"),
            _ => Err("there is more than one host"),
        }
    }
}
