//! Checks how much of a store one account gets.

use super::ask::{ClaimAnswer, count_by};
use super::backend::ReplayBackend;
use super::random::{SeededRandom, new_key};
use super::room::{fill, must_be_in_time};
use crate::store::{ClaimHolder, ClaimKey};

/// The account that claims as many keys as the store grants.
const HOG: ClaimHolder = ClaimHolder::new(0x4097_6b1e_83d2_5ca9);

/// Checks that an account which is alone in a store gets half of its places, or nearly half if the parts of the store
/// fill unevenly. After its keys have expired, it must get as many again.
///
/// # Panics
///
/// Panics if the account gets fewer than three eighths of the places, or if the store grants a key that it holds again.
pub fn an_account_alone_gets_half_of_the_store<B: ReplayBackend>(backend: &B) {
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
            first_count(backend, key, HOG).must_be_not_first("a count that it has claimed");
        }
        backend.pass(backend.ttl() * 2);
    }
}

/// Checks that an account which claims as many keys as the store grants leaves room for others: a quarter of the
/// places, for as many accounts with one key each. The account must still get further counts of the keys that it holds.
///
/// # Panics
///
/// Panics if other accounts get fewer keys than that, or if the store refuses the account another count of a key that
/// it holds.
pub fn an_account_that_claims_all_it_can_leaves_room_for_others<B: ReplayBackend>(backend: &B) {
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
    let second = second.unwrap_or_else(|| panic!("the account was granted no key"));
    second.must_be_first("another count of a key of the account that was refused");
}

/// Fills the store for one account.
fn hog<B: ReplayBackend>(backend: &B, capacity: usize) -> Vec<ClaimKey> {
    fill(capacity, |key| first_count(backend, key, HOG).is_first())
}

fn first_count<B: ReplayBackend>(backend: &B, key: ClaimKey, holder: ClaimHolder) -> ClaimAnswer {
    count_by(backend, key, holder, 1, backend.ttl())
}
