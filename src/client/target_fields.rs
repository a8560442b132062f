//! Reads what the proxies say about the target that a client sent to them.

use super::x_forwarded;
use crate::request_head::{ForwardedTarget, RequestHead};

/// The fields about the target that the trusted proxies set.
#[derive(Clone, Copy, Debug)]
pub(super) struct TargetFields {
    /// Whether they set `X-Forwarded-Host`.
    pub(super) host: bool,
    /// Whether they set `X-Forwarded-Prefix`.
    pub(super) prefix: bool,
}

impl TargetFields {
    /// Trusts no field about the target.
    pub(super) const NONE: Self = Self {
        host: false,
        prefix: false,
    };

    /// Returns the target that the client sent to the proxies, or `None` if a field cannot be read.
    pub(super) fn read(self, request: &RequestHead<'_>) -> Option<ForwardedTarget> {
        let headers = request.headers();
        let host = if self.host {
            x_forwarded::host(headers)?
        } else {
            None
        };
        let prefix = if self.prefix {
            x_forwarded::prefix(headers)?
        } else {
            ""
        };
        ForwardedTarget::of(request.target(), host, prefix)
    }
}
