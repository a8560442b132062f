//! How the client is found.

use std::num::NonZeroUsize;
use std::sync::Arc;

use http::{HeaderMap, Version};

use super::connection::{self, ProxyHeader, SecureTransport};
use super::network::IpNetwork;
use super::trail::{ForwardedHop, MOST_HOPS, TrustedProxies};
use super::{Client, forwarded, x_forwarded};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Finds out who sent a request: by the connection alone, unless it is told which proxies to believe.
///
/// Whoever is believed writes in one place, which is chosen: a proxy that sets `X-Forwarded-For` hands a `Forwarded`
/// on that the client made up.
///
/// # Example
///
/// See the [module](crate::client).
#[derive(Clone, Debug)]
pub struct ClientResolver {
    trust: TrustedProxies,
    forwarded_header: ForwardedHeader,
    trusts_http2: bool,
}

/// Where proxies write who their client is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// In `Forwarded` (RFC 7239): `for`, and `proto`.
    Forwarded,
    /// In `X-Forwarded-For`, and `X-Forwarded-Proto`.
    XForwardedFor,
    /// In the PROXY protocol, which the server has read and attached as a [`ProxyHeader`].
    ProxyProtocol,
}

impl ClientResolver {
    /// By the connection: no field is believed.
    #[must_use]
    pub const fn by_connection() -> Self {
        Self::behind(TrustedProxies::Nobody, ForwardedHeader::Forwarded)
    }

    /// Believes proxies with an address in one of `networks`, of which the client is the nearest that is in none. At
    /// most 16 of them in a row.
    ///
    /// # Errors
    ///
    /// There is no network, one cannot be read, or one has all addresses there are.
    pub fn behind_networks<'n>(
        forwarded_header: ForwardedHeader,
        networks: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, ConfigError> {
        let networks = networks.into_iter().map(str::parse);
        let networks: Arc<[IpNetwork]> = networks.collect::<Result<_, _>>()?;
        if networks.is_empty() {
            return Err(ConfigError::new("there is no proxy: name at least one"));
        }
        if networks.iter().any(|it| it.prefix() == 0) {
            return Err(ConfigError::new(
                "a network of all addresses believes everybody: count the proxies instead",
            ));
        }
        Ok(Self::behind(
            TrustedProxies::Networks(networks),
            forwarded_header,
        ))
    }

    /// Believes the last `count` proxies, whoever they are: right only where nobody can connect but through them.
    ///
    /// # Errors
    ///
    /// It is none, more than 16, or more than the one of whom the PROXY protocol tells.
    pub fn behind_hops(
        forwarded_header: ForwardedHeader,
        count: usize,
    ) -> Result<Self, ConfigError> {
        let most = match forwarded_header {
            ForwardedHeader::ProxyProtocol => 1,
            ForwardedHeader::Forwarded | ForwardedHeader::XForwardedFor => MOST_HOPS,
        };
        let count = NonZeroUsize::new(count).filter(|count| count.get() <= most);
        let count = count.ok_or_else(|| {
            ConfigError::new(format!("the number of proxies must be from 1 to {most}"))
        })?;
        Ok(Self::behind(
            TrustedProxies::Hops(count.get()),
            forwarded_header,
        ))
    }

    const fn behind(trust: TrustedProxies, forwarded_header: ForwardedHeader) -> Self {
        Self {
            trust,
            forwarded_header,
            trusts_http2: false,
        }
    }

    /// Takes `https` in the URI of an HTTP/2 request for TLS, where no proxy is.
    ///
    /// Any client can send `:scheme: https` in clear text. Only for a server that refuses such a request, or that takes
    /// HTTP/2 through TLS alone.
    #[must_use]
    pub const fn legacy_trust_http2_scheme(mut self) -> Self {
        self.trusts_http2 = true;
        self
    }

    /// Finds out who sent `request`.
    #[must_use]
    pub fn find(&self, request: &RequestHead<'_>) -> Client {
        let peer = connection::peer(request.extensions());
        let found = if self.trust.includes_peer(peer) {
            self.told(request)
        } else {
            Some(ForwardedHop {
                address: peer,
                secure: self.is_secure(request),
            })
        };
        let proxied = found.is_none();
        // A trail that breaks off says nothing of the transport, either: what is encrypted here is the proxy's part.
        let found = found.unwrap_or(ForwardedHop {
            address: peer,
            secure: false,
        });
        let ends = [peer, found.address];
        let loopback = ends.iter().all(|it| it.is_some_and(|it| it.is_loopback()));
        Client {
            address: found.address,
            proxied,
            secure: found.secure,
            local: loopback && !has_passed_a_proxy(request.headers()),
        }
    }

    fn told(&self, request: &RequestHead<'_>) -> Option<ForwardedHop> {
        match self.forwarded_header {
            ForwardedHeader::Forwarded => self.trust.client(forwarded::hops(request.headers())),
            ForwardedHeader::XForwardedFor => {
                self.trust.client(x_forwarded::hops(request.headers()))
            }
            ForwardedHeader::ProxyProtocol => request.extensions().get().map(proxied),
        }
    }

    fn is_secure(&self, request: &RequestHead<'_>) -> bool {
        let attached = request.extensions().get::<SecureTransport>().is_some();
        let http2 = self.trusts_http2 && request.version() == Version::HTTP_2;
        attached || http2 && request.target().scheme_str() == Some("https")
    }
}

fn proxied(header: &ProxyHeader) -> ForwardedHop {
    ForwardedHop {
        address: Some(header.source.ip().to_canonical()),
        secure: header.secure,
    }
}

/// Most proxies on the way leave one of these, and nobody else has a reason to.
fn has_passed_a_proxy(headers: &HeaderMap) -> bool {
    let leaves_a_trace = |name: &str| {
        let of_a_family = ["x-forwarded", "x-original-", "x-envoy-", "cf-"];
        let alone = [
            "forwarded",
            "via",
            "x-real-ip",
            "x-client-ip",
            "x-cluster-client-ip",
            "true-client-ip",
        ];
        alone.contains(&name) || of_a_family.iter().any(|start| name.starts_with(start))
    };
    headers.keys().any(|name| leaves_a_trace(name.as_str()))
}

impl Default for ClientResolver {
    fn default() -> Self {
        Self::by_connection()
    }
}
