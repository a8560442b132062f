//! What the server knows of a connection, and says in extensions of each request.

use std::net::{IpAddr, SocketAddr};

use http::Extensions;

#[cfg(not(feature = "axum"))]
use super::bare::connect_info;
#[cfg(feature = "axum")]
use super::connect_info::connect_info;

/// The address at the other end of the connection, for servers that are not axum's.
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

/// The connection is encrypted and authenticated: TLS. To be attached by the server that has shaken hands, and by nobody
/// on the word of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SecureTransport;

/// What a proxy told in the PROXY protocol, before the first octet of HTTP. Believed only as
/// [`ForwardedHeader::ProxyProtocol`](super::ForwardedHeader), from the proxies that are named there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyHeader {
    pub(super) source: SocketAddr,
    pub(super) secure: bool,
}

impl ProxyHeader {
    /// The proxy's client connected from `source`. For a `LOCAL` or `UNKNOWN` header, attach nothing.
    #[must_use]
    pub const fn new(source: SocketAddr) -> Self {
        let secure = false;
        Self { source, secure }
    }

    /// The proxy's client came through TLS: the header says so (`PP2_TYPE_SSL`), or the TLS that this server ended was
    /// the client's own.
    #[must_use]
    pub const fn over_tls(mut self) -> Self {
        self.secure = true;
        self
    }
}

/// Who is at the other end.
pub(super) fn peer(extensions: &Extensions) -> Option<IpAddr> {
    let own = extensions.get().map(|PeerAddress(address)| *address);
    let address = own.or_else(|| connect_info(extensions))?;
    Some(address.ip().to_canonical())
}
