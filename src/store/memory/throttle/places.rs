//! A bounded table of known places, in which the least recently used record makes room.

use std::collections::HashMap;

use crate::store::PlacesRecord;
use crate::store::memory::Octets;
use crate::store::memory::spread::Spread;

/// Up to `capacity` records of known places.
pub(super) struct PlacesTable {
    records: HashMap<Octets, PlacesRecord, Spread>,
    capacity: usize,
}

impl PlacesTable {
    pub(super) fn new(capacity: usize) -> Self {
        Self {
            records: HashMap::default(),
            capacity,
        }
    }

    pub(super) fn find(&mut self, key: Octets) -> Option<&mut PlacesRecord> {
        self.records.get_mut(&key)
    }

    /// The record of `key`. A new one takes the place of the one whose account was not used for longest; that account's
    /// owner is then a stranger.
    pub(super) fn find_or_insert(&mut self, key: Octets) -> &mut PlacesRecord {
        if self.records.len() >= self.capacity && !self.records.contains_key(&key) {
            self.forget_one();
        }
        self.records.entry(key).or_default()
    }

    /// Looks at all of them: a few hundred, and only when an account logs in that has no record yet.
    fn forget_one(&mut self) {
        let uses = self
            .records
            .iter()
            .map(|(key, record)| (record.last_use(), *key));
        if let Some((_, key)) = uses.min() {
            self.records.remove(&key);
        }
    }

    pub(super) fn len(&self) -> usize {
        self.records.len()
    }
}
