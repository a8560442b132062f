//! The way that a request has come, from here backwards.

use std::net::IpAddr;

use super::network::IpNetwork;

/// The most entries that are looked at: more proxies than these are in nobody's way.
pub(super) const MOST_HOPS: usize = 16;

/// Whose word is believed.
#[derive(Clone, Debug)]
pub(super) enum TrustedProxies {
    /// Nobody's.
    Nobody,
    /// That of proxies with an address in one of these networks.
    Networks(std::sync::Arc<[IpNetwork]>),
    /// That of this many proxies, whatever their addresses.
    Hops(usize),
}

/// What one proxy says of who connected to it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ForwardedHop {
    /// `None` if it does not say, or not so that it can be read.
    pub(super) address: Option<IpAddr>,
    /// Whether through TLS.
    pub(super) secure: bool,
}

impl TrustedProxies {
    /// Whether what came over the connection from `peer` is the word of a proxy.
    pub(super) fn includes_peer(&self, peer: Option<IpAddr>) -> bool {
        match self {
            Self::Nobody => false,
            Self::Networks(_) => peer.is_some_and(|peer| self.includes(peer)),
            Self::Hops(_) => true,
        }
    }

    fn includes(&self, address: IpAddr) -> bool {
        match self {
            Self::Networks(networks) => networks.iter().any(|it| it.contains(address)),
            Self::Nobody | Self::Hops(_) => false,
        }
    }

    /// The client among `hops`, the nearest first. `None` if the trail is broken off before it gets there.
    pub(super) fn client(
        &self,
        mut hops: impl Iterator<Item = ForwardedHop>,
    ) -> Option<ForwardedHop> {
        match self {
            Self::Nobody => None,
            Self::Networks(_) => self.first_stranger(hops),
            Self::Hops(count) => hops.nth(count - 1).filter(|hop| hop.address.is_some()),
        }
    }

    /// The first who is no proxy; or, if all of them are, the one at the far end.
    fn first_stranger(&self, hops: impl Iterator<Item = ForwardedHop>) -> Option<ForwardedHop> {
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
