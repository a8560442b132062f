//! What a full store does: it refuses.

use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, once};
use super::backend::ReplayBackend;
use super::race::race;
use super::random::new_key;
use crate::store::ClaimKey;

/// A full store refuses what it cannot remember and forgets nothing for it; once its keys have expired, it has room.
///
/// # Panics
///
/// Panics if the store grants more keys than it has room for, grants one of them again, does not let the keys that it
/// holds be counted on, is full while it is half empty, or stays full.
pub fn a_full_store_refuses_and_recovers<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    for _ in 0..3 {
        let end = backend.now() + backend.ttl();
        let held = fill(capacity, |key| granted(&count_briefly(backend, key, 1)));
        let again = held.iter().map(|key| count_briefly(backend, *key, 1));
        let again: Vec<_> = again.collect();
        must_be_in_time(backend, end);
        within_room(held.len(), capacity);
        for (key, again) in held.into_iter().zip(again) {
            again.must_be_again("a count that a full store holds");
            let another = count_briefly(backend, key, 2);
            another.must_be_first("another count of a key that a full store holds");
        }
        backend.pass(backend.ttl() * 2);
    }
}

/// Claims four times as many new keys as there is room for, so that a store of many parts is full in all of them. Those
/// that are granted.
pub(super) fn fill(capacity: usize, claim: impl Fn(ClaimKey) -> bool) -> Vec<ClaimKey> {
    bring(capacity.saturating_mul(4), claim)
}

/// The keys of so many new ones that are granted.
fn bring(number: usize, claim: impl Fn(ClaimKey) -> bool) -> Vec<ClaimKey> {
    let keys = (0..number).map(|_| new_key());
    keys.filter(|key| claim(*key)).collect()
}

#[track_caller]
pub(super) fn must_be_in_time<B: ReplayBackend>(backend: &B, end: Duration) {
    assert!(
        backend.now() < end,
        "the ttl is too short to fill it, so `ReplayBackend::ttl` must be longer"
    );
}

fn granted(answer: &ClaimAnswer) -> bool {
    answer.must_be_first_or_an_error("a new key");
    answer.is_first()
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
pub fn racers_do_not_overfill_it<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    let claim = |key| once(backend, key).is_first();
    let held: Vec<_> = race(|_| bring(capacity.div_ceil(8), claim)).concat();
    let granted = held.len();
    assert!(
        granted <= capacity,
        "racers were granted {granted} keys, and it has room for {capacity}"
    );
    for key in held {
        once(backend, key).must_be_again("a key that a full store holds");
    }
}
