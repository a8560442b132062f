//! Receivers for canonical text. Usually the text goes into a hash and is not kept.

use sha2::digest::Update;

/// Receives text piece by piece.
pub(in crate::scheme::sigv4) trait TextSink {
    fn put(&mut self, bytes: &[u8]);
}

impl TextSink for Vec<u8> {
    fn put(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// Collects small pieces of text in a buffer, because hashing a few large pieces is faster than hashing many small
/// ones.
pub(in crate::scheme::sigv4) struct BufferedHash<'h, H: Update> {
    into: &'h mut H,
    buffer: [u8; CAPACITY],
    len: usize,
}

/// The size of the buffer, in bytes. Nearly every signed text fits into it.
const CAPACITY: usize = 512;

impl<'h, H: Update> BufferedHash<'h, H> {
    pub(in crate::scheme::sigv4) const fn new(into: &'h mut H) -> Self {
        Self {
            into,
            buffer: [0; CAPACITY],
            len: 0,
        }
    }

    /// Hashes the buffer, and then `bytes`. It is rarely needed and not inlined, so that `put`, which is inlined, stays
    /// short.
    #[cold]
    #[inline(never)]
    fn flush_with(&mut self, bytes: &[u8]) {
        self.into.update(&self.buffer[..self.len]);
        self.len = 0;
        self.into.update(bytes);
    }

    /// Hashes the rest of the buffer.
    pub(in crate::scheme::sigv4) fn finish(self) {
        self.into.update(&self.buffer[..self.len]);
    }
}

impl<H: Update> TextSink for BufferedHash<'_, H> {
    #[inline]
    fn put(&mut self, bytes: &[u8]) {
        // About half of the pieces are separators of one byte. Storing a byte is faster than copying a slice.
        if let ([byte], Some(free)) = (bytes, self.buffer.get_mut(self.len)) {
            *free = *byte;
            self.len += 1;
            return;
        }
        let end = self.len + bytes.len();
        if let Some(free) = self.buffer.get_mut(self.len..end) {
            free.copy_from_slice(bytes);
            self.len = end;
            return;
        }
        self.flush_with(bytes);
    }
}
