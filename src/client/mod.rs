//! Who sent a request, and whether through TLS.
//!
//! The connection says who is at its other end, and that is the client, unless a proxy is. What proxies tell in fields
//! is what anybody can tell in fields: it is believed only from [those whom the configuration names](ClientResolver), read
//! from the right, where the nearest of them wrote last. Whatever cannot be read leaves the address of the connection,
//! and a transport that nobody vouches for is not TLS.
//!
//! The server says who is at the other end with an extension of the request: axum's `ConnectInfo<SocketAddr>` (feature
//! `axum`), or a [`PeerAddress`]; and with a [`SecureTransport`] that the connection is encrypted.
//!
//! ```
//! use std::net::{IpAddr, SocketAddr};
//! use http::Request;
//! use tower_challenge::client::{ClientResolver, PeerAddress, ForwardedHeader};
//! use tower_challenge::{ConfigError, RequestHead};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let find = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.0/8"])?;
//! let from = |peer: &str| -> Option<IpAddr> {
//!     let peer: SocketAddr = peer.parse().unwrap();
//!     let request = Request::get("/").extension(PeerAddress(peer));
//!     let request = request.header("x-forwarded-for", "6.6.6.6, 203.0.113.7").body(()).unwrap();
//!     find.find(&RequestHead::of(&request)).address()
//! };
//! assert_eq!(from("10.0.0.1:443"), Some("203.0.113.7".parse()?), "what the proxy saw, not what it was told");
//! assert_eq!(from("192.0.2.1:443"), Some("192.0.2.1".parse()?), "a stranger is believed nothing");
//!
//! let everybody = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["0.0.0.0/0"]);
//! assert!(everybody.is_err(), "that would believe strangers");
//! # Ok(())
//! # }
//! ```

#[cfg(not(feature = "axum"))]
mod bare;
#[cfg(feature = "axum")]
mod connect_info;
mod connection;
mod forwarded;
mod network;
mod node;
mod resolver;
mod trail;
mod x_forwarded;

pub use self::connection::{PeerAddress, ProxyHeader, SecureTransport};
pub use self::network::IpNetwork;
pub use self::resolver::{ClientResolver, ForwardedHeader};

use std::net::IpAddr;

/// Who sent a request, as far as anybody can tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Client {
    address: Option<IpAddr>,
    /// Whether the address is that of a proxy which did not say whose it passes on.
    proxied: bool,
    secure: bool,
    local: bool,
}

impl Client {
    /// The address: IPv4 where it is IPv4 mapped into IPv6. `None` if the server does not say who is at the other end.
    #[must_use]
    pub const fn address(&self) -> Option<IpAddr> {
        self.address
    }

    /// The [address](Self::address), unless it is that of a trusted proxy which did not say, or not so that it can be read,
    /// for whom it speaks. Whoever bans addresses bans this one: the other would shut everybody out who comes that way.
    #[must_use]
    pub const fn bannable_address(&self) -> Option<IpAddr> {
        if self.proxied { None } else { self.address }
    }

    /// The network that one client has to itself: an IPv4 address, or the 64 bits of IPv6 that everybody is given.
    #[must_use]
    pub fn network(&self) -> Option<IpNetwork> {
        self.address.map(IpNetwork::around)
    }

    /// Whether somebody who knows says that the client came through TLS.
    #[must_use]
    pub const fn is_secure(&self) -> bool {
        self.secure
    }

    /// Whether the client is on this machine: both the connection and the client have a loopback address, and no field
    /// shows that a proxy was between them.
    #[must_use]
    pub const fn is_local(&self) -> bool {
        self.local
    }
}
