//! Under which keys attempts are counted.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blake3::Hasher;
use zeroize::Zeroizing;

use crate::config_error::ConfigError;
use crate::random::random;
use crate::secret::Secret;
use crate::store::ClaimKey;

/// Makes keys and tags that an attacker cannot foresee. So an attacker cannot choose accounts that share a place in a table.
#[derive(Clone)]
pub(super) struct ThrottleKeys {
    shared: Zeroizing<[u8; 32]>,
    /// For tags that no other attempt has, in this process or another.
    own: Zeroizing<[u8; 32]>,
    /// How many attempts had no password. Clones count together, since they have the same key.
    attempts: Arc<AtomicU64>,
}

impl ThrottleKeys {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            shared: Zeroizing::new(random()?),
            own: Zeroizing::new(random()?),
            attempts: Arc::default(),
        })
    }

    /// The same with a key that several processes share.
    pub(super) fn share(&mut self, key: [u8; 32]) {
        self.shared = Zeroizing::new(key);
    }

    /// The key of what strangers have tried at an account, by its folded name.
    pub(super) fn unfamiliar(&self, folded: &str) -> ClaimKey {
        self.key(b"stranger", |hasher| {
            length_prefixed(hasher, folded.as_bytes())
        })
    }

    /// The key of the known places of an account, by its name as the client spells it.
    pub(super) fn familiar(&self, name: &str) -> ClaimKey {
        self.key(b"places  ", |hasher| {
            length_prefixed(hasher, name.as_bytes())
        })
    }

    /// The key of a line: one IPv4 address, or 56 bits of IPv6.
    pub(super) fn subscriber(&self, address: IpAddr) -> ClaimKey {
        self.key(b"line    ", |hasher| network(hasher, address, [32, 56]))
    }

    /// The key of a neighbourhood: 24 bits of IPv4, or 48 of IPv6.
    pub(super) fn subnet(&self, address: IpAddr) -> ClaimKey {
        self.key(b"around  ", |hasher| network(hasher, address, [24, 48]))
    }

    /// The place of an address: one IPv4 address, or 64 bits of IPv6.
    pub(super) fn location(&self, address: IpAddr) -> u32 {
        tag(self.key(b"place   ", |hasher| network(hasher, address, [32, 64])))
    }

    /// The place that the application names.
    pub(super) fn named_location(&self, name: &[u8]) -> u32 {
        tag(self.key(b"device  ", |hasher| length_prefixed(hasher, name)))
    }

    /// The tag of a password: the same for the same spelling and password. Without a password, one that no other attempt
    /// has.
    pub(super) fn tag(&self, name: &str, secret: Option<Secret<'_>>) -> u32 {
        let Some(secret) = secret else {
            return self.unique_tag();
        };
        tag(self.key(b"password", |hasher| {
            length_prefixed(hasher, name.as_bytes());
            length_prefixed(hasher, secret.expose().as_bytes());
        }))
    }

    fn unique_tag(&self) -> u32 {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        let mut hasher = Hasher::new_keyed(&self.own);
        hasher.update(&number.to_be_bytes());
        let mut octets = [0; 4];
        hasher.finalize_xof().fill(&mut octets);
        u32::from_be_bytes(octets)
    }

    fn key(&self, kind: &[u8; 8], update: impl FnOnce(&mut Hasher)) -> ClaimKey {
        let mut hasher = Hasher::new_keyed(&self.shared);
        hasher.update(kind);
        update(&mut hasher);
        let mut octets = [0; 16];
        hasher.finalize_xof().fill(&mut octets);
        ClaimKey::new(octets)
    }
}

fn tag(key: ClaimKey) -> u32 {
    let [a, b, c, d, ..] = *key.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

fn length_prefixed(hasher: &mut Hasher, octets: &[u8]) {
    let length = u64::try_from(octets.len()).unwrap_or(u64::MAX);
    hasher.update(&length.to_be_bytes());
    hasher.update(octets);
}

/// The IPv4 address that is written within an IPv6 one: mapped, or translated with the prefix `64:ff9b::/96` (RFC 6052
/// section 2.1). Otherwise all of IPv4 behind a translator would be one line.
fn without_translation(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => match address.segments() {
            [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
                IpAddr::V4(Ipv4Addr::from_bits(u32::from(high) << 16 | u32::from(low)))
            }
            _ => IpAddr::V6(address),
        },
        address => address,
    }
}

/// The first bits of an address: so many of IPv4, or of IPv6.
fn network(hasher: &mut Hasher, address: IpAddr, [of_v4, of_v6]: [u32; 2]) {
    match without_translation(address) {
        IpAddr::V4(address) => {
            let first = address.to_bits() & u32::MAX << (32 - of_v4);
            hasher
                .update(b"4")
                .update(&Ipv4Addr::from_bits(first).octets());
        }
        IpAddr::V6(address) => {
            let first = address.to_bits() & u128::MAX << (128 - of_v6);
            hasher
                .update(b"6")
                .update(&Ipv6Addr::from_bits(first).octets());
        }
    }
}
