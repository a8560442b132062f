//! Where canonical text goes: into a hash, mostly, without being kept.

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};

/// Takes text piece by piece.
pub(super) trait Sink {
    fn put(&mut self, octets: &[u8]);
}

impl Sink for Vec<u8> {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

impl Sink for Sha256 {
    fn put(&mut self, octets: &[u8]) {
        Digest::update(self, octets);
    }
}

impl Sink for Hmac<Sha256> {
    fn put(&mut self, octets: &[u8]) {
        Mac::update(self, octets);
    }
}
