//! What a store does that has no more room.

use super::ask::{Account, Network, limits};
use super::backend::ThrottleBackend;
use crate::store::NetworkLimit;
use crate::store::conformance::random::Random;

/// So many that a small store is full.
const FLOOD: usize = 10_000;

/// Ten thousand other accounts, each of which is tried three times, open no account that is shut. None of them has more
/// attempts than the limit, and neither has a line.
///
/// # Panics
///
/// Panics if the store makes room by forgetting.
pub fn a_flood_opens_nothing<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let line = NetworkLimit::new(2, backend.unit() * 1000);
    let limits = limits(backend, 2).line(line);
    let limits = limits.strangers(crate::store::Strangers::new(2, backend.unit() * 1000, 2));
    let victim = Account::new(backend, limits, &mut random);
    let network = Network::new(&mut random);
    victim.use_up(0);
    let flood = (0..FLOOD).map(|_| {
        let account = Account::new(backend, limits, &mut random);
        (account, Network::new(&mut random))
    });
    let flood: Vec<_> = flood.collect();
    for (account, from) in &flood {
        let granted = (0..4).filter(|tag| {
            account
                .reserve(&account.attempt_from(*tag, from))
                .is_granted()
        });
        let granted = granted.count();
        assert!(
            granted <= 2,
            "an account of the flood: 2 at most, was granted {granted}"
        );
    }
    victim.must_wait(&victim.attempt(9), "an account that is shut, after a flood");
    victim.must_wait(
        &victim.attempt_from(9, &network),
        "the same from a new line",
    );
    for (account, from) in &flood {
        account.must_wait(&account.attempt(9), "an account of the flood, tried before");
        let other = Account::new(backend, limits, &mut random);
        other.must_wait(
            &other.attempt_from(9, from),
            "a line of the flood, at another account",
        );
    }
}
