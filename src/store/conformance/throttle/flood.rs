//! What a store does that has no more room.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{NetworkLimit, UnfamiliarLimit};

/// So many that a small store is full.
const FLOOD: usize = 10_000;

/// Ten thousand other accounts, each of which is tried three times, open no account that is shut. None of them has more
/// attempts than the limit, and neither has a line.
///
/// # Panics
///
/// Panics if the store makes room by forgetting.
pub fn a_flood_opens_nothing<B: ThrottleBackend>(backend: &B) {
    let long = backend.unit() * 1000;
    let limits = limits(backend, 2).subscriber(NetworkLimit::new(2, long));
    let limits = limits.unfamiliar(UnfamiliarLimit::new(2, long, 2));
    let victim = TestAccount::new(backend, limits);
    victim.use_up(0);
    let flood = (0..FLOOD).map(|_| (TestAccount::new(backend, limits), TestNetwork::new()));
    let flood: Vec<_> = flood.collect();
    for (account, from) in &flood {
        let on_its_subscriber = account.at(*from);
        let granted = (0..4).filter(|tag| on_its_subscriber.reserve(*tag).is_granted());
        let granted = granted.count();
        assert!(
            granted <= 2,
            "an account of the flood: 2 at most, was granted {granted}"
        );
    }
    victim.must_wait(9, "an account that is shut, after a flood");
    let on_a_new_subscriber = victim.at(TestNetwork::new());
    on_a_new_subscriber.must_wait(9, "the same from a new line");
    for (account, from) in &flood {
        account.must_wait(9, "an account of the flood, tried before");
        let other = TestAccount::new(backend, limits).at(*from);
        other.must_wait(9, "a line of the flood, at another account");
    }
}
