//! Finds the address of the client that sent a request, and whether the client used TLS.
//!
//! Without a proxy, the client is at the other end of the connection. Behind a proxy, the proxy is there, and it names
//! its client in a header field. A client can send such a field, too. So a [`ClientResolver`] trusts only the proxies
//! that the configuration names. It reads the field from the right, because the nearest proxy writes at the right end.
//! For example, a client that connects directly and sends `X-Forwarded-For: 127.0.0.1` keeps the address of its
//! connection.
//!
//! If the field of a trusted proxy cannot be read, the address of the connection counts, and the transport counts as
//! not secure. The transport counts as TLS only if the server or a trusted proxy says so.
//!
//! The server tells the layer about the connection with extensions of the request. The address at the other end is
//! axum's `ConnectInfo<SocketAddr>` (feature `axum`) or a [`PeerAddress`]. A [`SecureTransport`] says that the
//! connection uses TLS. A `ClientCertificate` (feature `client-certificate`) is the certificate that the client has shown.
//!
//! ```
//! use std::net::{IpAddr, SocketAddr};
//! use http::Request;
//! use tower_challenge::client::{ClientResolver, PeerAddress, ForwardedHeader};
//! use tower_challenge::{ConfigError, RequestHead};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let find = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.1"])?;
//! let from = |peer: &str| -> Option<IpAddr> {
//!     let peer: SocketAddr = peer.parse().unwrap();
//!     let request = Request::get("/").extension(PeerAddress(peer));
//!     let request = request.header("x-forwarded-for", "6.6.6.6, 203.0.113.7").body(()).unwrap();
//!     find.find(&RequestHead::of(&request)).address()
//! };
//! assert_eq!(from("10.0.0.1:443"), Some("203.0.113.7".parse()?), "the address that the proxy saw");
//! assert_eq!(from("192.0.2.1:443"), Some("192.0.2.1".parse()?), "the field of an untrusted client is ignored");
//!
//! let all = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["0.0.0.0/0"]);
//! assert!(all.is_err(), "a network of all addresses would trust every client as a proxy");
//! # Ok(())
//! # }
//! ```

#[cfg(not(feature = "axum"))]
mod bare;
#[cfg(feature = "client-certificate")]
mod certificate;
#[cfg(not(feature = "client-certificate"))]
mod certificate_absent;
#[cfg(feature = "axum")]
mod connect_info;
mod connection;
mod forwarded;
mod network;
mod node;
mod resolver;
mod target_fields;
mod trail;
mod trusted_target;
mod unresolved;
mod x_forwarded;

#[cfg(all(feature = "dpop", feature = "client-certificate"))]
pub(crate) use self::certificate::shown_certificate;
#[cfg(feature = "client-certificate")]
pub use self::certificate::{CertificateField, CertificateThumbprint, ClientCertificate};
#[cfg(all(feature = "dpop", not(feature = "client-certificate")))]
pub(crate) use self::certificate_absent::shown_certificate;
pub use self::connection::{PeerAddress, ProxyProtocolHeader, SecureTransport};
pub use self::network::IpNetwork;
pub use self::resolver::{ClientResolver, ForwardedHeader};
pub use self::unresolved::UnresolvedClient;

use std::net::IpAddr;

/// Describes the client that sent a request: its address, and whether it used TLS.
///
/// The [`ClientResolver`] of the layer makes it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client {
    address: Option<IpAddr>,
    /// Whether the address belongs to a trusted proxy that did not name its client.
    proxied: bool,
    secure: bool,
    local: bool,
}

impl Client {
    /// Returns the address of the client. This is the address of the proxy if a trusted proxy does not name its client.
    ///
    /// An IPv4 address that is mapped into IPv6 is returned as IPv4. The result is `None` if the server does not tell
    /// the layer the address at the other end of the connection.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// Returns the [address](Self::address), or `None` if the address belongs to a trusted proxy.
    ///
    /// The address belongs to a proxy if the proxy did not name its client, or named it in a form that cannot be read.
    /// Use this address for bans, for example with fail2ban. A ban of a proxy's address would shut out every client
    /// behind it.
    #[must_use]
    pub const fn bannable_address(&self) -> Option<IpAddr> {
        if self.proxied { None } else { self.address }
    }

    /// Returns the network that a single client usually has to itself: one IPv4 address, or an IPv6 /64.
    #[must_use]
    pub fn network(&self) -> Option<IpNetwork> {
        self.address.map(IpNetwork::around)
    }

    /// Returns whether the client used TLS, as the server or a trusted proxy says.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Returns whether the client is on this machine.
    ///
    /// That is so if both the connection and the client have a loopback address, and no header field shows that a proxy
    /// was between them. For example, a request with a field `Via` is not local.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.local
    }
}
