//! Operations over all sets of a cache.

use super::{CacheTag, SetCache, guard};

impl<T: CacheTag, V, const WAYS: usize> SetCache<T, V, WAYS> {
    /// Removes all results.
    pub(crate) fn clear(&self) {
        let sets = self.sets.iter().map(guard);
        sets.for_each(|mut set| set.fill_with(|| None));
    }

    /// Counts the results for which `is_fit` returns true.
    pub(crate) fn count(&self, is_fit: impl Fn(&V) -> bool) -> usize {
        let sets = self.sets.iter().map(guard);
        let fit = sets.map(|set| {
            set.iter()
                .flatten()
                .filter(|(_, result)| is_fit(result))
                .count()
        });
        fit.sum()
    }
}
