//! Finds the client of a request: from the connection, or from the fields of trusted proxies.

use std::num::NonZeroUsize;
use std::sync::Arc;

use http::{HeaderMap, Version};

#[cfg(feature = "client-certificate")]
use super::certificate::CertificateSource;
#[cfg(not(feature = "client-certificate"))]
use super::certificate_absent::CertificateSource;
use super::connection::{self, ProxyProtocolHeader, SecureTransport};
use super::network::IpNetwork;
use super::target_fields::TargetFields;
use super::trail::{ForwardedHop, MOST_HOPS, TrustedProxies};
use super::{Client, forwarded, x_forwarded};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Finds the client that sent a request: from the connection, or from the fields of the proxies that it trusts.
///
/// The default, [`by_connection`](Self::by_connection), trusts no proxy. Choose the field that your proxies write. The
/// resolver ignores all others, because a proxy passes them on as the client sent them. For example, a proxy that sets
/// `X-Forwarded-For` passes on a `Forwarded` that the client made up.
///
/// # Example
///
/// See the [module](crate::client).
#[derive(Clone, Debug)]
pub struct ClientResolver {
    pub(super) trust: TrustedProxies,
    pub(super) forwarded_header: ForwardedHeader,
    trusts_http2: bool,
    pub(super) target_fields: TargetFields,
    pub(super) certificate: CertificateSource,
}

/// The place in which the trusted proxies name their client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ForwardedHeader {
    /// The field `Forwarded` (RFC 7239), with the parameters `for` and `proto`. The client used TLS if the latter is
    /// `https` or `wss`.
    Forwarded,
    /// The fields `X-Forwarded-For` and `X-Forwarded-Proto`. The client used TLS if the latter is `https` or `wss`.
    XForwardedFor,
    /// The PROXY protocol. The server reads its header and inserts it as a [`ProxyProtocolHeader`].
    ProxyProtocol,
}

impl ClientResolver {
    /// Takes the address at the other end of the connection for the client. It trusts no proxy and reads no field.
    #[must_use]
    pub const fn by_connection() -> Self {
        Self::behind(TrustedProxies::NoProxy, ForwardedHeader::Forwarded)
    }

    /// Trusts the proxies whose addresses are in one of `networks`.
    ///
    /// Name the addresses of the proxies, such as `10.0.0.2`, or a subnet that holds only proxies, such as
    /// `10.0.9.0/28`. Every other host in the subnet could name any address as that of its client.
    ///
    /// The client is the nearest address that is in none of them. For example, with the network `10.0.0.0/28`, the
    /// field `X-Forwarded-For: 203.0.113.7, 10.0.0.2` and a connection from `10.0.0.1`, the client is `203.0.113.7`. If
    /// all addresses are in the networks, the client is the farthest. The resolver reads at most 16 addresses. If all of
    /// these are in the networks and more follow, the client counts as not named.
    ///
    /// # Errors
    ///
    /// There is no network, a network cannot be read, or a network holds all addresses (`0.0.0.0/0` or `::/0`).
    pub fn behind_networks<'n>(
        forwarded_header: ForwardedHeader,
        networks: impl IntoIterator<Item = &'n str>,
    ) -> Result<Self, ConfigError> {
        let networks = networks.into_iter().map(str::parse);
        let networks: Arc<[IpNetwork]> = networks.collect::<Result<_, _>>()?;
        if networks.is_empty() {
            return Err(ConfigError::new(
                "no proxy network is named: name at least one",
            ));
        }
        if networks.iter().any(|network| network.prefix() == 0) {
            return Err(ConfigError::new(
                "a network of all addresses would trust every client: use behind_hops instead",
            ));
        }
        Ok(Self::behind(
            TrustedProxies::Networks(networks),
            forwarded_header,
        ))
    }

    /// Trusts the last `count` proxies before this server, without regard to their addresses.
    ///
    /// Use it only if every connection to this server comes through these proxies. A client that connects directly
    /// could otherwise name any address as its own.
    ///
    /// # Errors
    ///
    /// `count` is 0 or more than 16. For the PROXY protocol, which tells of one proxy, `count` is not 1.
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
            target_fields: TargetFields::NONE,
            certificate: CertificateSource::NONE,
        }
    }

    /// Takes `https` in the URI of an HTTP/2 request as proof of TLS, if the request came through no trusted proxy.
    ///
    /// A client can send `:scheme: https` in clear text. So use this only if your server refuses such a request, or if
    /// it accepts HTTP/2 only over TLS. Otherwise insert a [`SecureTransport`].
    #[must_use]
    pub const fn legacy_trust_http2_scheme(mut self) -> Self {
        self.trusts_http2 = true;
        self
    }

    /// Finds the client that sent `request`.
    #[must_use]
    pub fn find(&self, request: &RequestHead<'_>) -> Client {
        let peer = connection::peer(request.extensions());
        let found = if self.trust.includes_peer(peer) {
            self.told_by_proxies(request)
        } else {
            Some(ForwardedHop {
                address: peer,
                secure: self.is_secure(request),
            })
        };
        let proxied = found.is_none();
        // The proxies do not name the client, so they do not say either whether the client used TLS. TLS on this
        // connection would only show that the proxy uses it.
        let found = found.unwrap_or(ForwardedHop {
            address: peer,
            secure: false,
        });
        let ends = [peer, found.address];
        let loopback = ends
            .iter()
            .all(|end| end.is_some_and(|address| address.is_loopback()));
        Client {
            address: found.address,
            proxied,
            secure: found.secure,
            local: loopback && !has_passed_a_proxy(request.headers()),
        }
    }

    /// Returns what the trusted proxies say about the client, or `None` if they do not name it.
    fn told_by_proxies(&self, request: &RequestHead<'_>) -> Option<ForwardedHop> {
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

fn proxied(header: &ProxyProtocolHeader) -> ForwardedHop {
    ForwardedHop {
        address: Some(header.source.ip().to_canonical()),
        secure: header.secure,
    }
}

/// Returns whether a request carries a field that proxies add. Most proxies add at least one of these, and a client on
/// the same machine has no reason to send one.
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
