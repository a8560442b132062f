//! Reads, shows and compares ranges of IP addresses.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use crate::config_error::ConfigError;
use crate::text::decimal::number;

/// A range of IP addresses in CIDR notation (RFC 4632), such as `10.0.9.0/28`, `2001:db8::/64`, or a single address.
///
/// IPv4 addresses that are mapped into IPv6 count as IPv4. For example, `10.0.9.0/28` contains `::ffff:10.0.9.3`.
///
/// # Example
///
/// ```
/// use tower_challenge::client::IpNetwork;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let proxies: IpNetwork = "10.0.9.0/28".parse()?;
/// assert!(proxies.contains("::ffff:10.0.9.3".parse()?));
/// assert!(!proxies.contains("10.0.9.16".parse()?));
/// assert!("10.0.9.1/28".parse::<IpNetwork>().is_err(), "one address or the whole network?");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct IpNetwork {
    first: IpAddr,
    prefix: u8,
}

impl IpNetwork {
    /// Returns the network around `address` that a single client usually has to itself.
    ///
    /// For IPv4 this is the address alone. For IPv6 it is the /64 around the address, because a client that has one
    /// address of a /64 usually has all of them (RFC 6177).
    #[must_use]
    pub fn around(address: IpAddr) -> Self {
        match address.to_canonical() {
            first @ IpAddr::V4(_) => Self { first, prefix: 32 },
            IpAddr::V6(address) => Self::masked(IpAddr::V6(address), 64),
        }
    }

    /// Returns the first address of the network.
    #[must_use]
    pub const fn first(&self) -> IpAddr {
        self.first
    }

    /// Returns the length of the prefix: how many leading bits all addresses of the network have in common.
    #[must_use]
    pub const fn prefix(&self) -> u8 {
        self.prefix
    }

    /// Returns whether `address` is in the network.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && Self::masked(address, self.prefix) == *self
    }

    fn masked(address: IpAddr, prefix: u8) -> Self {
        let first = match address {
            IpAddr::V4(v4) => IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask_v4(prefix))),
            IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask_v6(prefix))),
        };
        Self { first, prefix }
    }

    fn read(text: &str) -> Option<Self> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix)),
            None => (text, None),
        };
        let first: IpAddr = address.parse().ok()?;
        let most = if first.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Some(most), number)?;
        (prefix <= most).then(|| Self { first, prefix }.folded())
    }

    /// Turns a network of mapped IPv4 addresses, such as `::ffff:10.0.0.0/104`, into the IPv4 network `10.0.0.0/8`.
    fn folded(self) -> Self {
        match (self.first.to_canonical(), self.prefix.checked_sub(96)) {
            // The prefix of an IPv4 network has 32 bits at most, so only a mapped network has 96.
            (first @ IpAddr::V4(_), Some(prefix)) => Self { first, prefix },
            _ => self,
        }
    }
}

/// Returns a mask of the first `prefix` bits.
///
/// A shift by the full width of the type overflows in Rust, so `checked_shl` returns `None` for the prefix 0.
fn mask_v4(prefix: u8) -> u32 {
    u32::MAX
        .checked_shl(32 - u32::from(prefix))
        .unwrap_or_default()
}

fn mask_v6(prefix: u8) -> u128 {
    u128::MAX
        .checked_shl(128 - u32::from(prefix))
        .unwrap_or_default()
}

impl FromStr for IpNetwork {
    type Err = ConfigError;

    fn from_str(text: &str) -> Result<Self, ConfigError> {
        let network = Self::read(text).ok_or_else(|| not_a_network(text))?;
        let masked = Self::masked(network.first, network.prefix);
        if masked != network {
            let text = format!("{text} has bits beyond its prefix: write {masked}");
            return Err(ConfigError::new(text));
        }
        Ok(network)
    }
}

fn not_a_network(text: &str) -> ConfigError {
    ConfigError::new(format!(
        "{text:?} is not a network: write an address, or a network such as 10.0.9.0/28"
    ))
}

impl fmt::Display for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.first, self.prefix)
    }
}

impl fmt::Debug for IpNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
