//! A table of records with a capacity.
//!
//! The table forgets a record of unfamiliar locations or of a network only when it is idle. The file `familiar` has the
//! rule for records of familiar locations.

use std::collections::HashMap;
use std::time::Duration;

use crate::store::memory::spread::{KeyBytes, KeyHasher};

/// How often a full table looks for idle records. With a pause, a flood does not make it look at all records in each
/// step.
const BETWEEN_LOOKS: Duration = Duration::from_secs(60);

/// Up to `capacity` records.
pub(super) struct RecordTable<R> {
    pub(super) records: HashMap<KeyBytes, R, KeyHasher>,
    capacity: usize,
    /// When a full table may look for idle records again.
    next_look: Duration,
}

impl<R: Default> RecordTable<R> {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            records: HashMap::default(),
            capacity,
            next_look: Duration::ZERO,
        }
    }

    pub(super) fn find(&mut self, key: KeyBytes) -> Option<&mut R> {
        self.records.get_mut(&key)
    }

    pub(super) fn holds(&self, key: KeyBytes) -> bool {
        self.records.contains_key(&key)
    }

    /// Makes a record for `key` if `may_make` and there is room. Returns whether `key` has a record then.
    pub(super) fn make(
        &mut self,
        key: KeyBytes,
        may_make: bool,
        now: Duration,
        is_idle: impl Fn(KeyBytes, &R) -> bool,
    ) -> bool {
        let has_one = self.holds(key);
        let may = !has_one && may_make && self.has_room(now, is_idle);
        if may {
            self.records.insert(key, R::default());
        }
        has_one || may
    }

    /// Whether there is room for one more record. A full table first forgets the idle ones.
    fn has_room(&mut self, now: Duration, is_idle: impl Fn(KeyBytes, &R) -> bool) -> bool {
        if self.is_full() && now >= self.next_look {
            self.next_look = now.saturating_add(BETWEEN_LOOKS);
            self.records.retain(|key, record| !is_idle(*key, record));
        }
        !self.is_full()
    }

    pub(super) fn is_full(&self) -> bool {
        self.records.len() >= self.capacity
    }

    /// The number of records, including idle ones.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
