//! Checks that a full store forgets no exhausted account.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::{NetworkLimit, UnfamiliarLimit};

/// Enough accounts to fill a small store.
const FLOOD: usize = 10_000;

/// Checks that three attempts at each of 10,000 other accounts do not return attempts to an exhausted account. No
/// account of the flood, and no subscriber, may have more attempts than its limit.
///
/// # Panics
///
/// Panics if the store makes room by forgetting failures.
pub fn a_flood_returns_no_attempts_to_an_exhausted_account<B: ThrottleBackend>(backend: &B) {
    let long = backend.unit() * 1000;
    let limits = limits(backend, 2).subscriber(NetworkLimit::new(2, long));
    let limits = limits.unfamiliar(UnfamiliarLimit::new(2, long, 2));
    let victim = TestAccount::new(backend, limits);
    victim.exhaust(0);
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
    victim.must_wait(9, "an exhausted account, after a flood");
    let on_a_new_subscriber = victim.at(TestNetwork::new());
    on_a_new_subscriber.must_wait(9, "the same from a new subscriber");
    for (account, from) in &flood {
        account.must_wait(9, "an account of the flood, tried before");
        let other = TestAccount::new(backend, limits).at(*from);
        other.must_wait(9, "a subscriber of the flood, at another account");
    }
}
