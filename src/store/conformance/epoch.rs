//! Checks the epoch of a store: it changes when the store has lost its data, and only then.

use super::ask::{ClaimAnswer, count, count_briefly, once, once_briefly};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::{ReplayStore, StoreEpoch};

/// How many answers a store may need to find out its current epoch.
const PATIENCE: u32 = 10;

/// Checks that the epoch stays the same while claims begin and expire.
///
/// # Panics
///
/// Panics if the epoch changes, or if the store does not know it.
pub fn the_epoch_stays_while_the_store_loses_nothing<B: ReplayBackend>(backend: &B) {
    let before = known_epoch(backend);
    for _ in 0..3 {
        once_briefly(backend, new_key()).must_be_first("a key");
        count_briefly(backend, new_key(), 1).must_be_first("a count");
        assert!(
            known_epoch(backend) == before,
            "the store lost nothing, but the epoch has changed"
        );
        backend.pass(backend.ttl() * 2);
    }
    assert!(
        known_epoch(backend) == before,
        "claims have only expired, but the epoch has changed"
    );
}

/// Checks that the store neither grants nor uses up a key of another epoch, and grants a key of its own epoch.
///
/// # Panics
///
/// Panics if the store does not look at the epoch of a key, or treats the same bytes with two epochs as two keys.
pub fn the_store_refuses_a_key_of_another_epoch<B: ReplayBackend>(backend: &B) {
    let (one, other) = (new_key(), new_key());
    let epoch = known_epoch(backend);
    let another = StoreEpoch::new(!epoch.tag());
    once(backend, one.issued_in(another)).must_be_not_first("a key of another epoch");
    count(backend, other.issued_in(another), 1).must_be_not_first("a count of another epoch");
    once(backend, one.issued_in(epoch)).must_be_first("a key of this epoch");
    count(backend, other.issued_in(epoch), 1).must_be_first("a count of this epoch");
    once(backend, one).must_be_not_first("the same key without an epoch");
    count(backend, other, 1).must_be_not_first("the same count without an epoch");
}

/// Checks that a store which lost its data never grants again what was claimed before, or belongs to another epoch
/// then. The store must also work again after the loss.
///
/// A scheme compares the epoch first and claims then, and so does this check. A store that answers with an epoch from
/// its own memory must find out during the claim that the epoch has changed, and answer with an error.
///
/// # Panics
///
/// Panics if the store grants a claim from before the loss again under the old epoch, if the epoch stays the same, or
/// if the store does not recover.
pub fn a_store_that_lost_its_data_grants_no_old_claim_again<B: ReplayBackend>(backend: &B) {
    let (one, other) = (new_key(), new_key());
    let before = known_epoch(backend);
    once(backend, one).must_be_first("a key");
    count(backend, other, 1).must_be_first("a count");
    if !backend.lose() {
        return;
    }
    for _ in 0..PATIENCE {
        let (one, other) = (one.issued_in(before), other.issued_in(before));
        once(backend, one).must_not_be_first("a key of the epoch before a loss");
        count(backend, other, 1).must_not_be_first("a count of the epoch before a loss");
    }
    for _ in 0..PATIENCE {
        must_not_be_admitted(backend, before, || once(backend, one));
        must_not_be_admitted(backend, before, || count(backend, other, 1));
    }
    assert!(
        known_epoch(backend) != before,
        "the store lost its data, but the epoch is the same"
    );
    let recovered = (0..PATIENCE).any(|_| once(backend, new_key()).is_first());
    assert!(recovered, "the store grants no key after a loss");
}

#[track_caller]
fn must_not_be_admitted<B: ReplayBackend>(
    backend: &B,
    old: StoreEpoch,
    claim: impl FnOnce() -> ClaimAnswer,
) {
    let seen = epoch(backend);
    let granted = claim().is_first();
    assert!(
        !granted || seen != Some(old),
        "the store grants a claim from before a loss again under the old epoch"
    );
}

/// Returns the epoch. A store that has just started may need several tries to find it out.
#[track_caller]
fn known_epoch<B: ReplayBackend>(backend: &B) -> StoreEpoch {
    let known = (0..PATIENCE).find_map(|_| epoch(backend));
    known.unwrap_or_else(|| panic!("the store does not tell its epoch"))
}

fn epoch<B: ReplayBackend>(backend: &B) -> Option<StoreEpoch> {
    backend.wait(backend.store().epoch()).ok()
}
