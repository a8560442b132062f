//! What a full store does: it refuses.

use super::ask::{Answer, count_briefly, is_first, must_be_again, must_be_first, once};
use super::backend::Backend;
use super::race::race;
use super::random::Random;
use crate::store::Key;

/// A full store refuses what it cannot remember and forgets nothing for it; once its keys have expired, it has room.
///
/// # Panics
///
/// Panics if the store grants more keys than it has room for, grants one of them again, does not let the keys that it
/// holds be counted on, is full while it is half empty, or stays full.
pub fn a_full_store_refuses_and_recovers<B: Backend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    for _ in 0..3 {
        let end = backend.now() + backend.ttl();
        let held = fill(backend, capacity);
        let again: Vec<_> = held
            .iter()
            .map(|key| count_briefly(backend, *key, 1))
            .collect();
        assert!(
            backend.now() < end,
            "the ttl is too short to fill it, so `Backend::ttl` must be longer"
        );
        within_room(held.len(), capacity);
        for (key, again) in held.into_iter().zip(again) {
            must_be_again(&again, "a count that a full store holds");
            must_be_first(
                &count_briefly(backend, key, 2),
                "another count of a key that a full store holds",
            );
        }
        backend.pass(backend.ttl() * 2);
    }
}

/// Claims four times as many keys as there is room for, so that a store of many parts is full in all of them.
fn fill<B: Backend>(backend: &B, capacity: usize) -> Vec<Key> {
    let mut random = Random::new();
    let keys = (0..capacity.saturating_mul(4)).map(|_| random.key());
    keys.filter(|key| granted(&count_briefly(backend, *key, 1)))
        .collect()
}

/// A store that has no room says so: nobody has claimed the key, so `Again` would be untrue.
fn granted(answer: &Answer) -> bool {
    assert!(
        is_first(answer) || answer.is_err(),
        "a new key: must be First or an error, was Again"
    );
    is_first(answer)
}

fn within_room(held: usize, capacity: usize) {
    assert!(
        held <= capacity,
        "it granted {held} keys, and has room for {capacity}"
    );
    assert!(
        held >= capacity.div_ceil(2),
        "it was full with {held} of {capacity} keys"
    );
}

/// 32 callers who all bring new keys to a store that is nearly full are granted no more than it has room for.
///
/// # Panics
///
/// Panics if they are.
pub fn racers_do_not_overfill_it<B: Backend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    let held: Vec<_> = race(|_| bring(backend, capacity.div_ceil(8))).concat();
    let granted = held.len();
    assert!(
        granted <= capacity,
        "racers were granted {granted} keys, and it has room for {capacity}"
    );
    for key in held {
        must_be_again(&once(backend, key), "a key that a full store holds");
    }
}

fn bring<B: Backend>(backend: &B, number: usize) -> Vec<Key> {
    let mut random = Random::new();
    let keys = (0..number).map(|_| random.key());
    keys.filter(|key| is_first(&once(backend, *key))).collect()
}
