//! Hashes accounts, addresses and passwords into the keys and tags under which a store counts attempts.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use blake3::Hasher;
use zeroize::Zeroizing;

use crate::config_error::ConfigError;
use crate::random::random;
use crate::secret::Secret;
use crate::store::ClaimKey;

/// Makes keys and tags that an attacker cannot predict. So an attacker cannot choose accounts that share slots in a
/// full store.
#[derive(Clone)]
pub(super) struct ThrottleKeyHasher {
    shared: Zeroizing<[u8; 32]>,
    /// The key for tags that no other attempt has, in this process or another.
    own: Zeroizing<[u8; 32]>,
    /// How many attempts came without a password. Clones share the counter, because they have the same `own` key
    /// and would otherwise make the same tags.
    attempts: Arc<AtomicU64>,
}

impl ThrottleKeyHasher {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            shared: Zeroizing::new(random()?),
            own: Zeroizing::new(random()?),
            attempts: Arc::default(),
        })
    }

    /// Replaces the random key by a key that several processes share. `own` stays random, so that the tags of two
    /// processes differ.
    pub(super) fn share(&mut self, key: [u8; 32]) {
        self.shared = Zeroizing::new(key);
    }

    /// The key of the record of unfamiliar locations of an account, by its folded name.
    pub(super) fn unfamiliar(&self, folded: &str) -> ClaimKey {
        // Stores that outlive a process hold these keys. So the eight bytes that name the kind of a key never
        // change.
        self.key(b"stranger", |hasher| {
            length_prefixed(hasher, folded.as_bytes())
        })
    }

    /// The key of the record of familiar locations of an account, by its name as the client spells it.
    pub(super) fn familiar(&self, name: &str) -> ClaimKey {
        self.key(b"places  ", |hasher| {
            length_prefixed(hasher, name.as_bytes())
        })
    }

    /// The key of a subscriber: one IPv4 address, or the first 56 bits of an IPv6 address.
    pub(super) fn subscriber(&self, address: IpAddr) -> ClaimKey {
        self.key(b"line    ", |hasher| network(hasher, address, [32, 56]))
    }

    /// The key of a subnet: the first 24 bits of an IPv4 address, or the first 48 of an IPv6 address.
    pub(super) fn subnet(&self, address: IpAddr) -> ClaimKey {
        self.key(b"around  ", |hasher| network(hasher, address, [24, 48]))
    }

    /// The tag of the location of an address: one IPv4 address, or the first 64 bits of an IPv6 address.
    pub(super) fn location(&self, address: IpAddr) -> u32 {
        tag(self.key(b"place   ", |hasher| network(hasher, address, [32, 64])))
    }

    /// The tag of a location that the application names, such as a device.
    pub(super) fn named_location(&self, name: &[u8]) -> u32 {
        tag(self.key(b"device  ", |hasher| length_prefixed(hasher, name)))
    }

    /// The tag of a password: the same for the same spelling of the name and the same password. An attempt without
    /// a password gets a tag that no other attempt has.
    pub(super) fn tag(&self, name: &str, secret: Option<Secret<'_>>) -> u32 {
        let Some(secret) = secret else {
            return self.unique_tag();
        };
        tag(self.key(b"password", |hasher| {
            length_prefixed(hasher, name.as_bytes());
            length_prefixed(hasher, secret.expose_bytes());
        }))
    }

    fn unique_tag(&self) -> u32 {
        let number = self.attempts.fetch_add(1, Ordering::Relaxed);
        let mut hasher = Hasher::new_keyed(&self.own);
        hasher.update(&number.to_be_bytes());
        let mut bytes = [0; 4];
        hasher.finalize_xof().fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    fn key(&self, kind: &[u8; 8], update: impl FnOnce(&mut Hasher)) -> ClaimKey {
        let mut hasher = Hasher::new_keyed(&self.shared);
        hasher.update(kind);
        update(&mut hasher);
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        ClaimKey::new(bytes)
    }
}

fn tag(key: ClaimKey) -> u32 {
    let [a, b, c, d, ..] = *key.as_bytes();
    u32::from_be_bytes([a, b, c, d])
}

/// Hashes the length before the bytes, so that two fields next to each other cannot trade bytes. For example, the name
/// `ab` with the password `c` and the name `a` with the password `bc` have different tags.
fn length_prefixed(hasher: &mut Hasher, bytes: &[u8]) {
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    hasher.update(&length.to_be_bytes());
    hasher.update(bytes);
}

/// Returns the IPv4 address inside an IPv6 address: an IPv4-mapped address, or an address that a translator made with
/// the prefix `64:ff9b::/96` (RFC 6052 section 2.1). Without this, all IPv4 clients behind a translator would be one
/// subscriber.
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

/// Hashes the first bits of an address: `of_v4` bits of an IPv4 address, or `of_v6` bits of an IPv6 address.
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
