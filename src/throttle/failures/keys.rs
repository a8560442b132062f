//! Under which keys failures are counted.

use std::net::IpAddr;

use blake3::Hasher;
use zeroize::Zeroizing;

use crate::client::Network;
use crate::store::Key;

/// Makes keys that nobody can foresee, so that nobody can choose whose place in a table they share.
#[derive(Clone)]
pub(super) struct Keys(Zeroizing<[u8; 32]>);

impl Keys {
    pub(super) fn new(key: [u8; 32]) -> Self {
        Self(Zeroizing::new(key))
    }

    /// The key of an account, by its one spelling.
    pub(super) fn account(&self, canonical: &str) -> Key {
        self.key(b"account", |hasher| length_prefixed(hasher, canonical))
    }

    /// The key of an account's name as the client spells it.
    pub(super) fn spelling(&self, name: &str) -> Key {
        self.key(b"spelled", |hasher| length_prefixed(hasher, name))
    }

    /// The key of where a request comes from.
    pub(super) fn source(&self, network: Network) -> Key {
        self.key(b"source!", |hasher| place(hasher, network))
    }

    /// The one key of everybody.
    pub(super) fn everybody(&self) -> Key {
        self.key(b"all    ", |_| ())
    }

    /// The key of an account as it is used from one place, its name as the client spells it.
    pub(super) fn pair(&self, name: &str, network: Network) -> Key {
        self.key(b"pair   ", |hasher| {
            length_prefixed(hasher, name);
            place(hasher, network);
        })
    }

    fn key(&self, kind: &[u8; 7], update: impl FnOnce(&mut Hasher)) -> Key {
        let mut hasher = Hasher::new_keyed(&self.0);
        hasher.update(kind);
        update(&mut hasher);
        let mut octets = [0; 16];
        hasher.finalize_xof().fill(&mut octets);
        Key::new(octets)
    }
}

fn length_prefixed(hasher: &mut Hasher, text: &str) {
    hasher.update(&text.len().to_be_bytes());
    hasher.update(text.as_bytes());
}

fn place(hasher: &mut Hasher, network: Network) {
    match network.first() {
        IpAddr::V4(it) => hasher.update(b"4").update(&it.octets()),
        IpAddr::V6(it) => hasher.update(b"6").update(&it.octets()),
    };
}
