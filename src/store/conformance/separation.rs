//! What one claim has to do with another: nothing.

use super::ask::{count, once};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::ClaimKey;

/// Keys that differ in one bit, whichever, are different keys.
///
/// # Panics
///
/// Panics if a claim of one key is taken for a claim of another.
pub fn keys_are_independent<B: ReplayBackend>(backend: &B) {
    let (one, other) = (new_key(), new_key());
    for key in family(backend, one) {
        once(backend, key).must_be_first("a key, after others that resemble it");
        once(backend, key).must_be_again("the same key");
    }
    for key in family(backend, other) {
        count(backend, key, 1).must_be_first("a count of a key, after others that resemble it");
        count(backend, key, 1).must_be_again("the same count of the same key");
    }
}

/// `key`, and the keys that differ from it in one bit, as far as there is room for both families.
fn family<B: ReplayBackend>(backend: &B, key: ClaimKey) -> impl Iterator<Item = ClaimKey> {
    let room = backend.capacity().unwrap_or(usize::MAX) / 4;
    let bits = u128::from_be_bytes(*key.as_bytes());
    let neighbours = (0..128).map(move |bit| ClaimKey::new((bits ^ (1 << bit)).to_be_bytes()));
    [key]
        .into_iter()
        .chain(neighbours.take(room.saturating_sub(1)))
}

/// Whoever claims one key both once and by count gets neither twice.
///
/// Whether the two kinds of claim see each other is up to the store.
///
/// # Panics
///
/// Panics if a claim of the one kind makes the store grant one of the other kind again.
pub fn once_and_count_are_not_confused<B: ReplayBackend>(backend: &B) {
    let (one, other) = (new_key(), new_key());
    once(backend, one).must_be_first("a key");
    for number in 1..=130 {
        let _either = count(backend, one, number);
        count(backend, one, number)
            .must_not_be_first("a count, a second time, of a key claimed once");
    }
    once(backend, one).must_not_be_first("a key claimed once, after counts of it");

    count(backend, other, 1).must_be_first("a count");
    let _either = once(backend, other);
    once(backend, other).must_not_be_first("a key, a second time, after a count of it");
    count(backend, other, 1).must_not_be_first("a count, after its key was claimed once");
}
