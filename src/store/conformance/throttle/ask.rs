//! How the checks ask, and what they make of the answer.

use std::time::Duration;

use super::backend::ThrottleBackend;
use crate::store::{Budget, Key, Reserved, Settlement, ThrottleStore};

/// A budget whose delays are those of the backend, and which is not forgotten while a check lasts.
pub(super) fn budget(backend: &impl ThrottleBackend, limit: u32) -> Budget {
    let delay = backend.delay();
    Budget::failures(limit)
        .delay(delay, delay * 4)
        .memory(delay * 1000)
}

/// Asks for one attempt.
#[track_caller]
pub(super) fn reserve(backend: &impl ThrottleBackend, key: Key, budget: &Budget) -> Reserved {
    let reserved = backend.wait(backend.store().reserve(key, budget));
    reserved.unwrap_or_else(|why| panic!("an attempt of a budget: must be told, was {why}"))
}

/// Asks for one attempt that there must be, and gives its number.
#[track_caller]
pub(super) fn must_be_granted(
    backend: &impl ThrottleBackend,
    key: Key,
    budget: &Budget,
    what: &str,
) -> u64 {
    match reserve(backend, key, budget) {
        Reserved::Granted { generation, .. } => generation,
        other => panic!("{what}: must be Granted, was {other:?}"),
    }
}

/// Asks for one attempt that there must not be, and gives the time that is told.
#[track_caller]
pub(super) fn must_be_shut(
    backend: &impl ThrottleBackend,
    key: Key,
    budget: &Budget,
    what: &str,
) -> Duration {
    match reserve(backend, key, budget) {
        Reserved::Shut(delay) => delay,
        other => panic!("{what}: must be Shut, was {other:?}"),
    }
}

/// Uses the attempts up that there are without a wait. The numbers of all of them.
#[track_caller]
pub(super) fn use_up(backend: &impl ThrottleBackend, key: Key, budget: &Budget) -> Vec<u64> {
    let attempts = 1..=budget.limit();
    let granted = attempts.map(|number| {
        let what = format!("attempt {number} of {}", budget.limit());
        must_be_granted(backend, key, budget, &what)
    });
    granted.collect()
}

#[track_caller]
pub(super) fn settle(
    backend: &impl ThrottleBackend,
    key: Key,
    generation: u64,
    settlement: Settlement,
) {
    let settled = backend.wait(backend.store().settle(key, generation, settlement));
    settled.unwrap_or_else(|why| panic!("{settlement:?}: must be done, was {why}"));
}

/// Lets time pass until `moment`.
pub(super) fn pass_until(backend: &impl ThrottleBackend, moment: Duration) {
    backend.pass(moment.saturating_sub(backend.now()));
}
