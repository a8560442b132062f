//! Which results that were costly to compute are still at hand?

#[cfg(feature = "hashes")]
mod whole;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// A bounded cache of results, for what can be computed again. A missing result costs time and never changes an answer.
///
/// - **Capacity.** The cache is divided into sets of `WAYS` places each, and its memory is taken from the start. A
///   [tag](CacheTag) says to which set it belongs. With one way, two tags of one set take turns.
/// - **Eviction.** A new result takes the place of an older one with the same tag, or an empty place, or the place of the
///   result in its set that was not used for longest. Nothing else is ever evicted. A result with a date is judged by its
///   owner, at each look.
/// - **Locking.** Each set has a lock of its own, which is held for one look through the set. A panic elsewhere leaves no
///   set half changed, so a poisoned lock is taken all the same.
/// - **Who may insert.** The owner keeps a result only after the request behind it has verified. Otherwise a stranger
///   could push out the results of others. For the same reason a stranger must not be able to choose tags of one set.
pub(crate) struct SetCache<T, V, const WAYS: usize> {
    sets: Box<[Mutex<CacheSet<T, V, WAYS>>]>,
}

/// The results that share a lock, the latest used first, and the empty places behind them.
type CacheSet<T, V, const WAYS: usize> = [Option<(T, V)>; WAYS];

/// What a result is found by.
pub(crate) trait CacheTag {
    /// A number that is spread evenly over the tags.
    fn spread(&self) -> u64;

    /// Whether this is the same tag. Where a client could learn from the time how far a guess is right, the comparison
    /// takes the same time for all.
    fn is(&self, other: &Self) -> bool;
}

impl<T: CacheTag, V, const WAYS: usize> SetCache<T, V, WAYS> {
    /// An empty cache for so many results, rounded up to a multiple of `WAYS`. One for none keeps nothing.
    pub(crate) fn new(capacity: usize) -> Self {
        let empty = || Mutex::new([const { None }; WAYS]);
        let sets = capacity.div_ceil(WAYS);
        Self {
            sets: (0..sets).map(|_| empty()).collect(),
        }
    }

    /// What `look` makes of the result under `tag`, which counts as used if that is something.
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

    /// Keeps a result, by the rules above.
    pub(crate) fn keep(&self, tag: T, result: V) {
        let Some(mut set) = self.set(&tag) else {
            return;
        };
        // Behind the first empty place there is nothing.
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
    fn what_was_not_used_for_longest_makes_room_in_its_own_set() {
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
        assert_eq!(cache.find(&1, |_| None::<()>), None, "that is no use");
        cache.keep(7, 'g');
        assert_eq!([1, 5, 7].map(find), [None, Some('e'), Some('g')]);
    }
}
