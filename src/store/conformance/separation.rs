//! Checks that a claim of one key does not affect another key.

use super::ask::{count, once};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::ClaimKey;

/// Checks that keys which differ in one bit are different keys, for each bit.
///
/// # Panics
///
/// Panics if the store treats a claim of one key as a claim of another.
pub fn keys_are_independent<B: ReplayBackend>(backend: &B) {
    let (first, second) = (new_key(), new_key());
    for key in key_and_neighbours(backend, first) {
        once(backend, key).must_be_first("a key, after keys that differ in one bit");
        once(backend, key).must_be_not_first("the same key");
    }
    for key in key_and_neighbours(backend, second) {
        count(backend, key, 1).must_be_first("a count of a key, after keys that differ in one bit");
        count(backend, key, 1).must_be_not_first("the same count of the same key");
    }
}

/// Returns `key` and the keys that differ from it in one bit, as far as a store has room for two such families.
fn key_and_neighbours<B: ReplayBackend>(
    backend: &B,
    key: ClaimKey,
) -> impl Iterator<Item = ClaimKey> {
    let room = backend.capacity().unwrap_or(usize::MAX) / 4;
    let bits = u128::from_be_bytes(*key.as_bytes());
    let neighbours = (0..128).map(move |bit| ClaimKey::new((bits ^ (1 << bit)).to_be_bytes()));
    [key]
        .into_iter()
        .chain(neighbours.take(room.saturating_sub(1)))
}

/// Checks that a caller who claims one key both once and by count gets neither use twice.
///
/// Whether the two kinds of claims see each other is up to the store.
///
/// # Panics
///
/// Panics if a claim of one kind makes the store grant a use of the other kind again.
pub fn claim_once_and_claim_count_are_not_confused<B: ReplayBackend>(backend: &B) {
    let (first, second) = (new_key(), new_key());
    once(backend, first).must_be_first("a key");
    for number in 1..=130 {
        let _either = count(backend, first, number);
        count(backend, first, number)
            .must_not_be_first("a count, a second time, of a key claimed once");
    }
    once(backend, first).must_not_be_first("a key claimed once, after counts of it");

    count(backend, second, 1).must_be_first("a count");
    let _either = once(backend, second);
    once(backend, second).must_not_be_first("a key, a second time, after a count of it");
    count(backend, second, 1).must_not_be_first("a count, after its key was claimed once");
}
