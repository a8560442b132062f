//! Which known places are forgotten when there is no room? Those of the account that was not used for longest.

use super::table::RecordTable;
use crate::store::FamiliarRecord;
use crate::store::memory::spread::KeyBytes;

impl RecordTable<FamiliarRecord> {
    /// The record of `key`. A new one takes the place of the one whose account was not used for longest; that account's
    /// owner is then a stranger.
    pub(super) fn find_or_insert(&mut self, key: KeyBytes) -> &mut FamiliarRecord {
        if self.is_full() && !self.holds(key) {
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
}
