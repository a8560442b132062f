//! Finds the client among the addresses that the proxies of a request have written.

use std::net::IpAddr;

use super::network::IpNetwork;

/// The largest number of entries that are read. Real requests pass fewer proxies. The limit bounds the work for a field
/// with thousands of entries.
pub(super) const MOST_HOPS: usize = 16;

/// The proxies that a resolver trusts.
#[derive(Clone, Debug)]
pub(super) enum TrustedProxies {
    /// Trusts no proxy.
    NoProxy,
    /// Trusts proxies with an address in one of these networks.
    Networks(std::sync::Arc<[IpNetwork]>),
    /// Trusts this many proxies, without regard to their addresses.
    Hops(usize),
}

/// Holds what a proxy says about the client or proxy that connected to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForwardedHop {
    /// The address. It is `None` if the proxy does not write one, or writes it in a form that cannot be read.
    pub(super) address: Option<IpAddr>,
    /// Whether that connection used TLS.
    pub(super) secure: bool,
}

/// Returns whether `scheme`, the protocol of a connection as a proxy names it, runs over TLS.
///
/// Some proxies write `wss` for a WebSocket over TLS (RFC 6455 section 11.1.2).
pub(super) fn uses_tls(scheme: &[u8]) -> bool {
    scheme.eq_ignore_ascii_case(b"https") || scheme.eq_ignore_ascii_case(b"wss")
}

impl TrustedProxies {
    /// Returns whether the other end of the connection, `peer`, is a trusted proxy.
    pub(super) fn includes_peer(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::NoProxy => false,
            Self::Networks(_) => peer.is_some_and(|peer| self.includes(peer)),
            Self::Hops(_) => true,
        }
    }

    fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => networks.iter().any(|network| network.contains(address)),
            Self::NoProxy | Self::Hops(_) => false,
        }
    }

    /// Returns the client among `hops`, which start with the nearest proxy. Returns `None` if an entry before the
    /// client is missing or cannot be read.
    pub(super) fn client(
        &self,
        mut hops: impl Iterator<Item = ForwardedHop>,
    ) -> Option<ForwardedHop> {
        match self {
            Self::NoProxy => None,
            Self::Networks(_) => self.first_untrusted(hops),
            Self::Hops(count) => hops.nth(count - 1).filter(|hop| hop.address.is_some()),
        }
    }

    /// Returns the first hop whose address is no trusted proxy. If all of them are trusted, returns the farthest.
    fn first_untrusted(&self, hops: impl Iterator<Item = ForwardedHop>) -> Option<ForwardedHop> {
        let mut last = None;
        for (number, hop) in hops.enumerate() {
            let address = hop.address.filter(|_| number < MOST_HOPS)?;
            if !self.includes(address) {
                return Some(hop);
            }
            last = Some(hop);
        }
        last
    }
}
