//! A bounded cache for results that are costly to compute.

#[cfg(any(
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "vapid"
))]
mod text_mac;
#[cfg(feature = "hashes")]
mod whole;

use std::sync::{Mutex, MutexGuard, PoisonError};

#[cfg(any(
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "vapid"
))]
pub(crate) use self::text_mac::{MacKey, TextMac};

/// A bounded cache of results that can be computed again. A missing result costs time and never changes an answer.
///
/// - **Capacity.** The cache is divided into sets of `WAYS` places each, and allocates all its memory when it is made.
///   The [tag](CacheTag) of a result decides its set. With one way, two tags of one set replace each other.
/// - **Eviction.** A new result replaces an older result with the same tag. Without one it takes an empty place of its
///   set; without an empty place it replaces the result of its set that was not used for the longest time. No other
///   result is ever evicted. If results expire, their owner checks that at each look.
/// - **Locking.** Each set has its own lock, which is held while one call looks through the set. A panic of other code
///   leaves no set half changed, so the cache also uses a poisoned lock.
/// - **Insertion.** The owner inserts a result only after the request behind it has verified. Otherwise an attacker
///   without credentials could evict the results of others. For the same reason an attacker must not be able to choose
///   tags of one set.
pub(crate) struct SetCache<T, V, const WAYS: usize> {
    sets: Box<[Mutex<CacheSet<T, V, WAYS>>]>,
}

/// The results that share a lock, the most recently used first. All empty places are at the end.
type CacheSet<T, V, const WAYS: usize> = [Option<(T, V)>; WAYS];

/// The key under which the cache finds a result.
pub(crate) trait CacheTag {
    /// A number, spread evenly over the tags, that selects the set.
    fn spread(&self) -> u64;

    /// Whether both tags are the same. If the time of the comparison could tell a client how much of a guess is right,
    /// the comparison must take constant time.
    fn is(&self, other: &Self) -> bool;
}

impl<T: CacheTag, V, const WAYS: usize> SetCache<T, V, WAYS> {
    /// Makes an empty cache for `capacity` results, rounded up to a multiple of `WAYS`. With a capacity of 0 it keeps
    /// nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        let empty = || Mutex::new([const { None }; WAYS]);
        let sets = capacity.div_ceil(WAYS);
        Self {
            sets: (0..sets).map(|_| empty()).collect(),
        }
    }

    /// Calls `look` with the result under `tag` and returns its answer. The result counts as used if the answer is
    /// `Some`.
    #[inline]
    pub(crate) fn find<R>(&self, tag: &T, look: impl FnOnce(&mut V) -> Option<R>) -> Option<R> {
        let mut set = self.set(tag)?;
        let place = set.iter().position(|kept| is_under(kept, tag))?;
        let (_, result) = set[place].as_mut()?;
        let seen = look(result)?;
        if place > 0 {
            set[..=place].rotate_right(1);
        }
        Some(seen)
    }

    /// Inserts a result. See [`SetCache`] for the result that it replaces.
    pub(crate) fn keep(&self, tag: T, result: V) {
        let Some(mut set) = self.set(&tag) else {
            return;
        };
        // All places after the first empty one are empty, so the search may stop there.
        let mut places = set.iter();
        let place = places.position(|kept| kept.is_none() || is_under(kept, &tag));
        set[..=place.unwrap_or(WAYS - 1)].rotate_right(1);
        set[0] = Some((tag, result));
    }

    fn set(&self, tag: &T) -> Option<MutexGuard<'_, CacheSet<T, V, WAYS>>> {
        let number = tag.spread().checked_rem(self.sets.len() as u64)?;
        self.sets.get(usize::try_from(number).ok()?).map(guard)
    }
}

fn is_under<T: CacheTag, V>(kept: &Option<(T, V)>, tag: &T) -> bool {
    kept.as_ref().is_some_and(|(known, _)| known.is(tag))
}

fn guard<S>(set: &Mutex<S>) -> MutexGuard<'_, S> {
    set.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::{CacheTag, SetCache};

    impl CacheTag for u64 {
        fn spread(&self) -> u64 {
            self % 2
        }

        fn is(&self, other: &Self) -> bool {
            self == other
        }
    }

    #[test]
    fn a_full_set_evicts_its_own_least_recently_used_result() {
        let cache = SetCache::<u64, char, 2>::new(3);
        let find = |tag: u64| cache.find(&tag, |result| Some(*result));
        for (tag, result) in [(1, 'a'), (2, 'b'), (3, 'c')] {
            cache.keep(tag, result);
        }
        assert_eq!(find(1), Some('a'));
        cache.keep(5, 'e');
        assert_eq!(
            [1, 2, 3, 5].map(find),
            [Some('a'), Some('b'), None, Some('e')]
        );
        assert_eq!(
            cache.find(&1, |_| None::<()>),
            None,
            "a look that finds nothing does not count as use"
        );
        cache.keep(7, 'g');
        assert_eq!([1, 5, 7].map(find), [None, Some('e'), Some('g')]);
    }
}
