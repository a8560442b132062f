//! Sets which fields of the proxies say which target a client sent, and reads these fields.

use super::connection;
use super::resolver::{ClientResolver, ForwardedHeader};
use super::target_fields::TargetFields;
use super::trail::TrustedProxies;
use crate::config_error::ConfigError;
use crate::request_head::{ForwardedTarget, RequestHead};

impl ClientResolver {
    /// Takes the host that the client signed from `X-Forwarded-Host`, if a trusted proxy sends it.
    ///
    /// Use it if your proxy puts another value into `Host`, and your clients use a scheme that signs the host: AWS
    /// Signature Version 4, or Digest with a whole URL in `uri`. For example, with nginx and without
    /// `proxy_set_header Host $http_host`. Only such schemes see the host
    /// ([`RequestHead::signed_host`]); redirects, metadata, public paths and policies do not.
    ///
    /// The proxy must set the field in every request. A proxy that passes on the client's field lets the client choose
    /// the host for which a signature counts. All entries of the field must be equal, apart from case; otherwise the
    /// schemes refuse the request. If the client signs a port, as in `files.example:8443`, the port must be in the
    /// field, too: `X-Forwarded-Port` is not read. The parameter `host` of `Forwarded` is not read.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::client::{ClientResolver, ForwardedHeader};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let proxy = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.2"])?;
    /// let _ = proxy.trust_forwarded_host()?.trust_forwarded_prefix()?;
    /// assert!(ClientResolver::by_connection().trust_forwarded_host().is_err(), "there is no proxy to trust");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// The resolver trusts no proxy, or the proxies speak the PROXY protocol and read no fields.
    pub fn trust_forwarded_host(mut self) -> Result<Self, ConfigError> {
        self.target_fields.host = true;
        self.checked("X-Forwarded-Host")
    }

    /// Takes the start of the path that the client signed from `X-Forwarded-Prefix`, if a trusted proxy sends it.
    ///
    /// Use it if your proxy removes a prefix from the path, and your clients use Digest or AWS Signature Version 4. For
    /// example, Traefik's `StripPrefix` turns `/api/notes` into `/notes` and sends `X-Forwarded-Prefix: /api`. Only
    /// schemes that compare or sign the target see the whole path ([`RequestHead::signed_target`]); redirects,
    /// metadata, public paths and policies see `/notes`.
    ///
    /// The proxy must set or remove the field in every request. A proxy that passes on the client's field lets the
    /// client use a signature for one path at another path. The field must have one entry, which begins with one slash;
    /// otherwise the schemes refuse the request.
    ///
    /// If a request names just the prefix, the proxy sends `/` for `/api` and for `/api/`. The signature must then be
    /// for `/api/`.
    ///
    /// # Errors
    ///
    /// As for [`trust_forwarded_host`](Self::trust_forwarded_host).
    pub fn trust_forwarded_prefix(mut self) -> Result<Self, ConfigError> {
        self.target_fields.prefix = true;
        self.checked("X-Forwarded-Prefix")
    }

    pub(super) fn checked(self, field: &str) -> Result<Self, ConfigError> {
        let wrong = |why| {
            Err(ConfigError::new(format!(
                "{field} cannot be trusted: {why}"
            )))
        };
        match (&self.trust, self.forwarded_header) {
            (TrustedProxies::NoProxy, _) => wrong("no proxy is named, use behind_networks first"),
            (_, ForwardedHeader::ProxyProtocol) => {
                wrong("a proxy that speaks the PROXY protocol passes on the fields of the client")
            }
            _ => Ok(self),
        }
    }

    /// Returns the target that the client sent to the trusted proxies. Returns `None` if the request comes from no
    /// trusted proxy or if the application has not chosen a field, and `Some(None)` if a field cannot be read.
    #[inline]
    pub(crate) fn forwarded_target(
        &self,
        request: &RequestHead<'_>,
    ) -> Option<Option<ForwardedTarget>> {
        let TargetFields { host, prefix } = self.target_fields;
        match host || prefix {
            true => self.target_of_proxy(request),
            false => None,
        }
    }

    /// Reads the target from the fields of the proxy. Returns `None` if the peer is no trusted proxy.
    #[inline(never)]
    fn target_of_proxy(&self, request: &RequestHead<'_>) -> Option<Option<ForwardedTarget>> {
        let peer = connection::peer(request.extensions());
        let is_proxy = self.trust.includes_peer(peer);
        is_proxy.then(|| self.target_fields.read(request))
    }
}
