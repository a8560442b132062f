//! Finds the target that a client signed, also behind a proxy that changes it.

use http::Uri;

use super::RequestHead;
use super::forwarded_target::ForwardedTarget;
use super::reasons;
use crate::reason::ReasonText;

impl<'r> RequestHead<'r> {
    /// Returns the target that the client signed, for schemes that compare or sign the target.
    ///
    /// It is the [`target`](Self::target), unless a trusted proxy removed a prefix from the path and says so in
    /// `X-Forwarded-Prefix`, and
    /// [`ClientResolver::trust_forwarded_prefix`](crate::client::ClientResolver::trust_forwarded_prefix) is on. For
    /// example, the client signed `/api/notes`, the proxy sent `/notes` with `X-Forwarded-Prefix: /api`, and this
    /// method returns `/api/notes`.
    ///
    /// Only the layer reads these fields, for the schemes that it asks. Do not use the result for routing, for links,
    /// for redirects, for the metadata of a resource, or for the `htu` of DPoP.
    ///
    /// # Errors
    ///
    /// The field of a trusted proxy cannot be read. Refuse the request as malformed. The error is a constant text.
    pub fn signed_target(&self) -> Result<&'r Uri, &'static str> {
        self.signed_target_or_reason().map_err(ReasonText::text)
    }

    /// Returns the [signed target](Self::signed_target), or the reason with its code.
    pub(crate) fn signed_target_or_reason(&self) -> Result<&'r Uri, ReasonText> {
        match self.forwarded {
            None => Ok(self.target()),
            Some(Some(forwarded)) => Ok(&forwarded.target),
            Some(None) => Err(reasons::FORWARDED_TARGET_UNREADABLE),
        }
    }

    /// Adds the target that trusted proxies have received; `Some(None)` if their fields cannot be read.
    pub(crate) const fn with_forwarded(
        mut self,
        forwarded: Option<&'r Option<ForwardedTarget>>,
    ) -> Self {
        self.forwarded = match forwarded {
            Some(forwarded) => Some(forwarded.as_ref()),
            None => None,
        };
        self
    }
}
