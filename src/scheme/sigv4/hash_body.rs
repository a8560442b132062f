//! Which hash a body has, computed while it comes in.

use sha2::{Digest, Sha256};

use crate::scheme::JudgeBody;

/// Hashes a body, and lets a function of the hash decide.
pub(super) struct HashBody<F> {
    hash: Option<Sha256>,
    decide: F,
}

impl<F> HashBody<F> {
    pub(super) const fn new(decide: F) -> Self {
        Self { hash: None, decide }
    }
}

/// The hash of `octets`.
pub(super) fn hash_of(octets: &[u8]) -> [u8; 32] {
    match octets {
        // Of most requests.
        b"" => EMPTY,
        _ => Sha256::digest(octets).into(),
    }
}

const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl<F, V> JudgeBody<V> for HashBody<F>
where
    F: FnOnce([u8; 32]) -> V + Send,
{
    fn push(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.hash.get_or_insert_default().update(octets);
        }
    }

    fn finish(self: Box<Self>, _: &[u8]) -> V {
        let hash = self.hash.map_or(EMPTY, |hash| hash.finalize().into());
        (self.decide)(hash)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{EMPTY, hash_of};

    #[test]
    fn the_hash_of_nothing_is_known() {
        assert_eq!(EMPTY, <[u8; 32]>::from(Sha256::digest(b"")));
        assert_eq!(hash_of(b"a"), <[u8; 32]>::from(Sha256::digest(b"a")));
    }
}
