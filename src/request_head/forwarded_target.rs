//! Makes the target that a client sent to a proxy from the target that the proxy sent to this server.

use http::Uri;
use http::uri::{Authority, PathAndQuery};

/// Holds the target that the client sent to the trusted proxies, as they say.
#[derive(Debug)]
pub(crate) struct ForwardedTarget {
    /// The host that the client named; `None` if the proxies do not say it.
    pub(super) host: Option<Authority>,
    pub(super) target: Uri,
}

impl ForwardedTarget {
    /// Puts `prefix` before the path of `received`, the target of the request. Returns `None` if that makes no valid
    /// target.
    pub(crate) fn of(received: &Uri, host: Option<Authority>, prefix: &str) -> Option<Self> {
        let mut parts = received.clone().into_parts();
        // `*` and the authority of a `CONNECT` have no path, so no proxy has removed a prefix.
        let own = parts.path_and_query.as_ref();
        if let Some(own) = own.filter(|own| own.as_str().starts_with('/')) {
            let whole = PathAndQuery::try_from(format!("{prefix}{own}"));
            parts.path_and_query = Some(whole.ok()?);
        }
        // The authority of a `CONNECT` has no scheme before it. It names the server to connect to, and not the host that
        // the client has sent the request to.
        if let (Some(own), Some(host), Some(_)) = (&mut parts.authority, &host, &parts.scheme) {
            own.clone_from(host);
        }
        let target = Uri::from_parts(parts).ok()?;
        Some(Self { host, target })
    }
}
