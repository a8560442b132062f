//! Which lock guards a key.

use std::sync::{Mutex, MutexGuard, PoisonError};

use super::spread::KeyBytes;

/// Parts of a table, each behind a lock of its own, so that few callers wait for each other.
pub(super) struct LockStripes<T>(Box<[PaddedLock<T>]>);

/// A part with cache lines of its own: two, because they are fetched in pairs.
#[repr(align(128))]
struct PaddedLock<T>(Mutex<T>);

impl<T> LockStripes<T> {
    /// As many as a power of two, one at least.
    pub(super) fn new(parts: impl Iterator<Item = T>) -> Self {
        let padded = parts.map(|part| PaddedLock(Mutex::new(part)));
        Self(padded.collect())
    }

    /// Where `key` lives. Keys are spread evenly, so any octet of them is; the first ones find it within the part. `None`
    /// where a panic in the midst of a step, should there ever be one, has left a part that nobody can trust.
    #[inline]
    pub(super) fn part(&self, key: KeyBytes) -> Option<MutexGuard<'_, T>> {
        let [.., octet] = key;
        let part = &self.0[usize::from(octet) & (self.0.len() - 1)];
        part.0.lock().ok()
    }

    /// All of them, to be looked at.
    pub(super) fn all(&self) -> impl Iterator<Item = MutexGuard<'_, T>> {
        let locked = self.0.iter().map(|part| part.0.lock());
        locked.map(|part| part.unwrap_or_else(PoisonError::into_inner))
    }
}
