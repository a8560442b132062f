//! Divides a table into parts, each behind a lock of its own.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::spread::KeyBytes;

/// The parts of a table, each behind a lock of its own, so that few callers wait for each other.
pub(super) struct LockStripes<T>(Box<[PaddedLock<T>]>);

/// A part with cache lines of its own, so that two threads do not share one. It takes two lines of 64 bytes, because
/// processors fetch them in pairs.
#[repr(align(128))]
struct PaddedLock<T>(Mutex<T>);

impl<T> LockStripes<T> {
    /// Makes the stripes. The number of parts must be a power of two, at least one, because `part` masks a byte with
    /// it.
    pub(super) fn new(parts: impl Iterator<Item = T>) -> Self {
        let padded = parts.map(|part| PaddedLock(Mutex::new(part)));
        Self(padded.collect())
    }

    /// Locks the part in which `key` lives. Keys are spread evenly, and so is each of their bytes. The last byte
    /// chooses the part, and the first ones find the key within it. `None` if a thread has panicked while it held the
    /// lock: the part may then be inconsistent.
    #[inline]
    pub(super) fn part(&self, key: KeyBytes) -> Option<MutexGuard<'_, T>> {
        let [.., last] = key;
        let part = &self.0[usize::from(last) & (self.0.len() - 1)];
        part.0.lock().ok()
    }

    /// Locks one part after the other, to count entries. It also returns a part in which a thread has panicked.
    pub(super) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        let locked = self.0.iter().map(|part| part.0.lock());
        locked.map(|part| part.unwrap_or_else(PoisonError::into_inner))
    }
}
