//! Checks that a full store refuses new keys.

use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, once};
use super::backend::ReplayBackend;
use super::race::run_32_concurrently;
use super::random::new_key;
use crate::store::ClaimKey;

/// Checks that a full store refuses the keys that it cannot remember, and forgets no key to make room. After its keys
/// have expired, it must have room again.
///
/// # Panics
///
/// Panics if the store grants more keys than it has room for, grants one of them again, refuses another count of a
/// key that it holds, is full while it is half empty, or stays full.
pub fn a_full_store_refuses_and_recovers<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    for _ in 0..3 {
        let end = backend.now() + backend.ttl();
        let held = fill(capacity, |key| granted(&count_briefly(backend, key, 1)));
        let repeats = held.iter().map(|key| count_briefly(backend, *key, 1));
        let repeats: Vec<_> = repeats.collect();
        must_be_in_time(backend, end);
        within_room(held.len(), capacity);
        for (key, repeat) in held.into_iter().zip(repeats) {
            repeat.must_be_not_first("a count that a full store holds");
            let another = count_briefly(backend, key, 2);
            another.must_be_first("another count of a key that a full store holds");
        }
        backend.pass(backend.ttl() * 2);
    }
}

/// Claims four times as many new keys as there is room for, so that a store of many parts is full in all of them.
/// Returns the keys that the store grants.
pub(super) fn fill(capacity: usize, claim: impl Fn(ClaimKey) -> bool) -> Vec<ClaimKey> {
    claim_new_keys(capacity.saturating_mul(4), claim)
}

/// Claims `number` new keys, and returns the keys that the store grants.
fn claim_new_keys(number: usize, claim: impl Fn(ClaimKey) -> bool) -> Vec<ClaimKey> {
    let keys = (0..number).map(|_| new_key());
    keys.filter(|key| claim(*key)).collect()
}

#[track_caller]
pub(super) fn must_be_in_time<B: ReplayBackend>(backend: &B, end: Duration) {
    assert!(
        backend.now() < end,
        "filling the store took longer than the ttl: return a longer `ReplayBackend::ttl`"
    );
}

fn granted(answer: &ClaimAnswer) -> bool {
    answer.must_be_first_or_an_error("a new key");
    answer.is_first()
}

fn within_room(held: usize, capacity: usize) {
    assert!(
        held <= capacity,
        "the store granted {held} keys, but has room for {capacity}"
    );
    assert!(
        held >= capacity.div_ceil(2),
        "the store was full with {held} of {capacity} keys"
    );
}

/// Checks that 32 concurrent callers with new keys get no more keys than a nearly full store has room for.
///
/// # Panics
///
/// Panics if the store grants more.
pub fn concurrent_callers_do_not_overfill_the_store<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    let claim = |key| once(backend, key).is_first();
    let held: Vec<_> =
        run_32_concurrently(|_| claim_new_keys(capacity.div_ceil(8), claim)).concat();
    let granted = held.len();
    assert!(
        granted <= capacity,
        "concurrent callers were granted {granted} keys, but the store has room for {capacity}"
    );
    for key in held {
        once(backend, key).must_be_not_first("a key that a full store holds");
    }
}
