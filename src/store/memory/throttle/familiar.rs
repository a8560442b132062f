//! Makes room for records of familiar locations: forgets the record of the account that was unused for the longest
//! time.

use super::table::RecordTable;
use crate::store::FamiliarRecord;
use crate::store::memory::spread::KeyBytes;

impl RecordTable<FamiliarRecord> {
    /// Returns the record of `key`. If the table is full, a new record replaces the record whose account was unused for
    /// the longest time. The owner of that account is then at an unfamiliar location.
    pub(super) fn find_or_insert(&mut self, key: KeyBytes) -> &mut FamiliarRecord {
        if self.is_full() && !self.holds(key) {
            self.forget_one();
        }
        self.records.entry(key).or_default()
    }

    /// Forgets the record with the earliest last use. It looks at all records of the table. That is a few hundred, and
    /// it happens only when an account logs in that has no record yet.
    fn forget_one(&mut self) {
        let uses = self
            .records
            .iter()
            .map(|(key, record)| (record.last_use(), *key));
        if let Some((_, key)) = uses.min() {
            self.records.remove(&key);
        }
    }
}
