//! Which records are there, and when is there room for one more?
//!
//! Strangers and networks are forgotten only when they are idle. `slots` has the rule for known places.

use std::collections::HashMap;
use std::time::Duration;

use crate::store::memory::spread::{KeyBytes, KeyHasher};

/// How often a full table looks for idle records, so that a flood does not make it look at each step.
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

    /// Sees to it that `key` has a record, if it may have `a_new` one and there is room. Whether it has.
    pub(super) fn make(
        &mut self,
        key: KeyBytes,
        a_new: bool,
        now: Duration,
        is_idle: impl Fn(KeyBytes, &R) -> bool,
    ) -> bool {
        let has_one = self.holds(key);
        let may = !has_one && a_new && self.has_room(now, is_idle);
        if may {
            self.records.insert(key, R::default());
        }
        has_one || may
    }

    /// Whether there is room for one more record. A full table forgets those that are idle first.
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

    /// How many records there are, idle ones among them.
    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
