//! Defines the request extensions in which a server describes its connection, and reads them.

use std::net::{IpAddr, SocketAddr};

use http::Extensions;

#[cfg(not(feature = "axum"))]
use super::bare::connect_info;
#[cfg(feature = "axum")]
use super::connect_info::connect_info;

/// Tells the layer the address at the other end of the connection.
///
/// A server that does not use axum inserts it into the extensions of each request. With axum and the feature `axum`,
/// `ConnectInfo<SocketAddr>` does the same. If both are there, this one counts.
///
/// # Example
///
/// ```
/// use std::net::SocketAddr;
/// use http::Request;
/// use tower_challenge::client::PeerAddress;
///
/// # let accepted_from = SocketAddr::from(([192, 0, 2, 1], 40_000));
/// let mut request = Request::new(());
/// request.extensions_mut().insert(PeerAddress(accepted_from));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PeerAddress(pub SocketAddr);

/// Tells the layer that the connection uses TLS.
///
/// The server that made the TLS handshake inserts it into the extensions of each request. Never insert it because of a
/// header field: a client in clear text can send `X-Forwarded-Proto: https`, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureTransport;

/// Tells the layer what a proxy said in the PROXY protocol, before the first byte of HTTP.
///
/// The server reads the PROXY header and inserts this into the extensions of each request of the connection. A
/// [`ClientResolver`](super::ClientResolver) uses it only with
/// [`ForwardedHeader::ProxyProtocol`](super::ForwardedHeader), and only from the proxies that the resolver trusts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyProtocolHeader {
    pub(super) source: SocketAddr,
    pub(super) secure: bool,
}

impl ProxyProtocolHeader {
    /// Says that the client of the proxy connected from `source`. For a `LOCAL` or `UNKNOWN` header, insert no
    /// extension.
    #[must_use]
    pub const fn new(source: SocketAddr) -> Self {
        let secure = false;
        Self { source, secure }
    }

    /// Says that the client of the proxy used TLS.
    ///
    /// Call it if the header says so (`PP2_TYPE_SSL`), or if the proxy passed the client's own TLS connection on and
    /// this server decrypted it.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.secure = true;
        self
    }
}

/// Returns the address at the other end of the connection, if the server says it.
pub(super) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let own = extensions.get().map(|PeerAddress(address)| *address);
    let address = own.or_else(|| connect_info(extensions))?;
    Some(address.ip().to_canonical())
}
