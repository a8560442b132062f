//! How much of a store one account gets.

use super::ask::{ClaimAnswer, count_by};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use super::room::{fill, must_be_in_time};
use crate::store::{ClaimHolder, ClaimKey};

/// The account that takes what it can get.
const HOG: ClaimHolder = ClaimHolder::new(0x4097_6b1e_83d2_5ca9);

/// An account that is alone in a store gets half of its places, or nearly, where the parts of the store fill unevenly. Once
/// its keys have expired, it gets as many again.
///
/// # Panics
///
/// Panics if the account gets fewer than three eighths of the places, or if a key that it was granted is granted again.
pub fn an_account_alone_has_half_of_it<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    for _ in 0..3 {
        let held = hog(backend, capacity);
        let granted = held.len();
        assert!(
            granted >= capacity * 3 / 8,
            "an account alone was granted {granted} of {capacity} keys"
        );
        for key in held {
            first_count(backend, key, HOG).must_be_again("a count that it has claimed");
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
pub fn an_account_that_fills_it_keeps_nobody_out<B: ReplayBackend>(backend: &B) {
    let Some(capacity) = backend.capacity() else {
        return;
    };
    let (mut random, ttl) = (SeededRandom::new(), backend.ttl());
    let end = backend.now() + ttl;
    let held = hog(backend, capacity);
    let others = (0..capacity / 4).map(|_| (new_key(), ClaimHolder::new(random.number())));
    let others: Vec<_> = others.collect();
    let claims = others.iter();
    let claims = claims.map(|(key, holder)| first_count(backend, *key, *holder));
    let granted = claims.filter(ClaimAnswer::is_first).count();
    let second = held.first().map(|key| count_by(backend, *key, HOG, 2, ttl));
    must_be_in_time(backend, end);
    let (held, others) = (held.len(), others.len());
    assert!(
        granted == others,
        "one account holds {held} of {capacity} keys, and of {others} others {granted} were granted one"
    );
    let second = second.unwrap_or_else(|| panic!("it was granted nothing"));
    second.must_be_first("another count of a key of the account that was refused");
}

/// Fills the store for one account.
fn hog<B: ReplayBackend>(backend: &B, capacity: usize) -> Vec<ClaimKey> {
    fill(capacity, |key| first_count(backend, key, HOG).is_first())
}

fn first_count<B: ReplayBackend>(backend: &B, key: ClaimKey, holder: ClaimHolder) -> ClaimAnswer {
    count_by(backend, key, holder, 1, backend.ttl())
}
