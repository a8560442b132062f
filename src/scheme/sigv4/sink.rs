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

/// What takes text, better in few large pieces than in many small ones.
pub(super) trait Absorb {
    fn absorb(&mut self, octets: &[u8]);
}

impl Absorb for Sha256 {
    fn absorb(&mut self, octets: &[u8]) {
        Digest::update(self, octets);
    }
}

impl Absorb for Hmac<Sha256> {
    fn absorb(&mut self, octets: &[u8]) {
        Mac::update(self, octets);
    }
}

/// Collects small pieces.
pub(super) struct Collected<'h, H: Absorb> {
    into: &'h mut H,
    buffer: [u8; ROOM],
    len: usize,
}

/// Nearly every text that is signed has room in it.
const ROOM: usize = 512;

impl<'h, H: Absorb> Collected<'h, H> {
    pub(super) const fn new(into: &'h mut H) -> Self {
        Self {
            into,
            buffer: [0; ROOM],
            len: 0,
        }
    }

    /// Hands on what is left.
    pub(super) fn finish(self) {
        self.into.absorb(&self.buffer[..self.len]);
    }
}

impl<H: Absorb> Sink for Collected<'_, H> {
    #[inline]
    fn put(&mut self, octets: &[u8]) {
        // Every other piece is a separator.
        if let ([octet], Some(room)) = (octets, self.buffer.get_mut(self.len)) {
            *room = *octet;
            self.len += 1;
            return;
        }
        let end = self.len + octets.len();
        if let Some(room) = self.buffer.get_mut(self.len..end) {
            room.copy_from_slice(octets);
            self.len = end;
            return;
        }
        self.into.absorb(&self.buffer[..self.len]);
        self.len = 0;
        self.into.absorb(octets);
    }
}
