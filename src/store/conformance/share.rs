//! How much of a store one account gets.

use std::time::Duration;

use super::ask::{count_by, is_first, must_be_again, must_be_first};
use super::backend::Backend;
use super::random::Random;
use crate::store::{Holder, Key};

/// The account that takes what it can get.
const HOG: Holder = Holder::new(0x4097_6b1e_83d2_5ca9);

/// An account that is alone in a store gets half of its places, or nearly, where the parts of the store fill unevenly. Once
/// its keys have expired, it gets as many again.
///
/// # Panics
///
/// Panics if the account gets fewer than three eighths of the places, or if a key that it was granted is granted again.
pub fn an_account_alone_has_half_of_it<B: Backend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    for _ in 0..3 {
        let held = fill(backend, capacity);
        assert!(
            held.len() >= capacity * 3 / 8,
            "an account alone was granted {} of {capacity} keys",
            held.len()
        );
        for key in held {
            must_be_again(
                &first_count(backend, key, HOG),
                "a count that it has claimed",
            );
        }
        backend.pass(backend.ttl() * 2);
    }
}

/// An account that claims all the keys it is granted leaves room for others: a quarter of the places, for as many accounts
/// with a key each. What it holds can be counted on as before.
///
/// # Panics
///
/// Panics if other accounts get fewer keys than that, or if the account that was refused a key is refused a count of one
/// that it holds.
pub fn an_account_that_fills_it_keeps_nobody_out<B: Backend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    let (mut random, ttl) = (Random::new(), backend.ttl());
    let end = backend.now() + ttl;
    let held = fill(backend, capacity);
    let others = (0..capacity / 4).map(|_| (random.key(), Holder::new(random.number())));
    let others: Vec<_> = others.collect();
    let granted = others.iter();
    let granted = granted.filter(|(key, holder)| is_first(&first_count(backend, *key, *holder)));
    let granted = granted.count();
    let second = held.first().map(|key| count_by(backend, *key, HOG, 2, ttl));
    assert_in_time(backend, end);
    assert!(
        granted == others.len(),
        "one account holds {} of {capacity} keys, and of {} others {granted} were granted one",
        held.len(),
        others.len()
    );
    let what = "another count of a key of the account that was refused";
    must_be_first(
        &second.unwrap_or_else(|| panic!("it was granted nothing")),
        what,
    );
}

/// Claims four times as many keys for one account as there is room for; those that were granted.
fn fill<B: Backend>(backend: &B, capacity: usize) -> Vec<Key> {
    let mut random = Random::new();
    let keys = (0..capacity.saturating_mul(4)).map(|_| random.key());
    keys.filter(|key| is_first(&first_count(backend, *key, HOG)))
        .collect()
}

fn first_count<B: Backend>(backend: &B, key: Key, holder: Holder) -> super::ask::Answer {
    count_by(backend, key, holder, 1, backend.ttl())
}

fn assert_in_time<B: Backend>(backend: &B, end: Duration) {
    assert!(
        backend.now() < end,
        "the ttl is too short to fill it, so `Backend::ttl` must be longer"
    );
}
