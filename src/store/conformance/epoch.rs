//! What a store says of its memory: whether it is still the same one.

use super::ask::{ClaimAnswer, count, count_briefly, once, once_briefly};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::{ReplayStore, StoreEpoch};

/// How many answers a store may need to find out where it is.
const PATIENCE: u32 = 10;

/// The epoch stays as it is while keys come and go.
///
/// # Panics
///
/// Panics if it changes, or is not known.
pub fn the_epoch_stays_while_nothing_is_lost<B: ReplayBackend>(backend: &B) {
    let before = known_epoch(backend);
    for _ in 0..3 {
        once_briefly(backend, new_key()).must_be_first("a key");
        count_briefly(backend, new_key(), 1).must_be_first("a count");
        assert!(
            known_epoch(backend) == before,
            "nothing was lost, but the epoch has changed"
        );
        backend.pass(backend.ttl() * 2);
    }
    assert!(
        known_epoch(backend) == before,
        "claims have only expired, but the epoch has changed"
    );
}

/// A key that was issued in another epoch is not granted, and is not spent; one of this epoch is.
///
/// # Panics
///
/// Panics if the store does not look at the epoch of a key, or holds keys apart by it.
pub fn a_key_of_another_epoch_is_not_granted<B: ReplayBackend>(backend: &B) {
    let (one, other) = (new_key(), new_key());
    let epoch = known_epoch(backend);
    let another = StoreEpoch::new(!epoch.tag());
    once(backend, one.issued_in(another)).must_be_again("a key of another epoch");
    count(backend, other.issued_in(another), 1).must_be_again("a count of another epoch");
    once(backend, one.issued_in(epoch)).must_be_first("a key of this epoch");
    count(backend, other.issued_in(epoch), 1).must_be_first("a count of this epoch");
    once(backend, one).must_be_again("the same key without an epoch");
    count(backend, other, 1).must_be_again("the same count without an epoch");
}

/// What was claimed before a loss is refused, or belongs to an old epoch, for good; and the store goes on.
///
/// A scheme compares the epoch first and claims then, so that is what is done here. A store that answers with an epoch
/// that it has kept must find out by the claim itself, and answer with an error, that the epoch is no longer the one.
///
/// # Panics
///
/// Panics if a claim from before the loss is granted again under the old epoch, if the epoch stays the same, or if the
/// store does not recover.
pub fn what_is_lost_is_not_granted_again<B: ReplayBackend>(backend: &B) {
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
        "the memory is lost, but the epoch is the same"
    );
    let recovered = (0..PATIENCE).any(|_| once(backend, new_key()).is_first());
    assert!(recovered, "it grants no key after a loss");
}

#[track_caller]
fn must_not_be_admitted<B: ReplayBackend>(
    backend: &B,
    old: StoreEpoch,
    claim: impl FnOnce() -> ClaimAnswer,
) {
    let told = epoch(backend);
    let granted = claim().is_first();
    assert!(
        !granted || told != Some(old),
        "what was claimed before a loss is granted again under the old epoch"
    );
}

/// The epoch, which a store that has only just started may have to look for.
#[track_caller]
fn known_epoch<B: ReplayBackend>(backend: &B) -> StoreEpoch {
    let known = (0..PATIENCE).find_map(|_| epoch(backend));
    known.unwrap_or_else(|| panic!("its epoch cannot be known"))
}

fn epoch<B: ReplayBackend>(backend: &B) -> Option<StoreEpoch> {
    backend.wait(backend.store().epoch()).ok()
}
