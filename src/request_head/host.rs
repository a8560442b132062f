//! Finds the host that a request names.

use http::HeaderValue;
use http::header::HOST;

use super::RequestHead;
use super::forwarded_target::ForwardedTarget;
use super::reasons;
use crate::reason::ReasonText;

impl<'r> RequestHead<'r> {
    /// Returns the host that the client signed, for schemes that compare or sign the host.
    ///
    /// It is the host that the request names: the field `Host`, or the authority of the target. If a trusted proxy
    /// changes the host, says so in `X-Forwarded-Host`, and
    /// [`ClientResolver::trust_forwarded_host`](crate::client::ClientResolver::trust_forwarded_host) is on, it is the
    /// host in that field. For example, it is `files.example` or `files.example:8443`.
    ///
    /// Do not use the result for links, for redirects, for the metadata of a resource, or for the `htu` of DPoP.
    ///
    /// # Errors
    ///
    /// The request names no host or more than one, or the field of a trusted proxy cannot be read. Refuse the request
    /// as malformed. The error is a constant text.
    pub fn signed_host(&self) -> Result<&'r [u8], &'static str> {
        self.signed_host_or_reason().map_err(ReasonText::text)
    }

    /// Returns the [signed host](Self::signed_host), or the reason with its code.
    pub(crate) fn signed_host_or_reason(&self) -> Result<&'r [u8], ReasonText> {
        match self.forwarded {
            Some(None) => Err(reasons::FORWARDED_TARGET_UNREADABLE),
            Some(Some(ForwardedTarget {
                host: Some(host), ..
            })) => Ok(host.as_str().as_bytes()),
            Some(Some(_)) | None => self.host(),
        }
    }

    /// Returns the host that the request names: the field `Host`, or the authority of the target. HTTP/2 sends the
    /// latter as `:authority` (RFC 9113 section 8.3.1). If the request has both, they must be equal without regard to
    /// case.
    ///
    /// # Errors
    ///
    /// The request names no host, or more than one. The error is a constant text.
    fn host(&self) -> Result<&'r [u8], ReasonText> {
        let mut lines = self.headers.get_all(HOST).iter().map(HeaderValue::as_bytes);
        let authority = self
            .target()
            .authority()
            .map(|authority| authority.as_str().as_bytes());
        match (lines.next(), lines.next(), authority) {
            (Some(host), None, None) => Ok(host),
            (Some(host), None, Some(other)) if host.eq_ignore_ascii_case(other) => Ok(host),
            (None, _, Some(authority)) => Ok(authority),
            (None, _, None) => Err(reasons::HOST_MISSING),
            _ => Err(reasons::TWO_HOSTS),
        }
    }
}
