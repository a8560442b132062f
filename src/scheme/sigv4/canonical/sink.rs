//! Where canonical text goes: into a hash, mostly, without being kept.

use sha2::digest::Update;

/// Takes text piece by piece.
pub(in crate::scheme::sigv4) trait TextSink {
    fn put(&mut self, octets: &[u8]);
}

impl TextSink for Vec<u8> {
    fn put(&mut self, octets: &[u8]) {
        self.extend_from_slice(octets);
    }
}

/// Collects small pieces for a hash, which takes few large ones faster.
pub(in crate::scheme::sigv4) struct BufferedHash<'h, H: Update> {
    into: &'h mut H,
    buffer: [u8; ROOM],
    len: usize,
}

/// Nearly every text that is signed has room in it.
const ROOM: usize = 512;

impl<'h, H: Update> BufferedHash<'h, H> {
    pub(in crate::scheme::sigv4) const fn new(into: &'h mut H) -> Self {
        Self {
            into,
            buffer: [0; ROOM],
            len: 0,
        }
    }

    /// Hands on what was collected, and `octets` after that. It is seldom needed, and `put`, which is inlined, stays short
    /// without it.
    #[cold]
    #[inline(never)]
    fn hand_on(&mut self, octets: &[u8]) {
        self.into.update(&self.buffer[..self.len]);
        self.len = 0;
        self.into.update(octets);
    }

    /// Hands on what is left.
    pub(in crate::scheme::sigv4) fn finish(self) {
        self.into.update(&self.buffer[..self.len]);
    }
}

impl<H: Update> TextSink for BufferedHash<'_, H> {
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
        self.hand_on(octets);
    }
}
