//! Checks that a store grants exactly as many attempts as the limit.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::race::run_concurrently;
use crate::store::conformance::random::new_key;
use crate::store::{ClaimKey, NetworkLimit, Settlement, ThrottleStore, UnfamiliarLimit};

const CALLERS: u32 = 1000;

/// Checks that callers, one after another, get as many attempts at an account as unfamiliar locations have, and then
/// none. The default is 20.
///
/// # Panics
///
/// Panics if the store grants one more or one less.
pub fn the_store_grants_exactly_the_limit<B: ThrottleBackend>(backend: &B) {
    for failures in [1, 2, 5, 20, 60] {
        let account = TestAccount::new(backend, limits(backend, failures));
        account.exhaust(0);
        let what = format!("an attempt after {failures}");
        account.must_wait(1000, &what);
    }
}

/// Checks that of 1,000 concurrent callers with different passwords, as many get an attempt as unfamiliar locations
/// have.
///
/// # Panics
///
/// Panics if another number of callers gets one.
pub fn the_store_grants_exactly_the_limit_to_1000_callers_at_once<B: ThrottleBackend>(backend: &B) {
    for failures in [1, 20, 60] {
        let account = TestAccount::new(backend, limits(backend, failures));
        let attempts = (0..CALLERS).map(|tag| account.at(TestNetwork::new()).attempt(tag));
        let attempts: Vec<_> = attempts.collect();
        let answers = run_concurrently(CALLERS, |caller| {
            let reserved = backend.store().reserve(&attempts[caller as usize]);
            backend.wait(reserved)
        });
        let answers = answers.iter().flatten();
        let granted = answers.filter(|receipt| receipt.is_granted()).count();
        assert!(
            granted == usize::from(failures),
            "a limit of {failures}: must be granted to {failures} of {CALLERS} callers, was to {granted}"
        );
    }
}

/// Checks that keys which differ in one bit are different keys, for each of the 128 bits.
///
/// # Panics
///
/// Panics if an attempt under one key counts under another.
pub fn keys_that_differ_in_one_bit_have_separate_budgets<B: ThrottleBackend>(backend: &B) {
    let bits = u128::from_be_bytes(*new_key().as_bytes());
    let neighbours = (0..128).map(|bit| bits ^ (1 << bit));
    for bits in std::iter::once(bits).chain(neighbours) {
        let key = ClaimKey::new(bits.to_be_bytes());
        let account = TestAccount::spelled(backend, limits(backend, 1), key);
        account.must_be_counted(1, "a key, after keys that differ in one bit");
        account.must_wait(2, "the same key");
    }
}

/// Checks that a subscriber and a subnet have limits of their own at all accounts together, and that a returned attempt
/// can be reserved again.
///
/// # Panics
///
/// Panics if a subscriber or a subnet has more or fewer attempts.
pub fn subscribers_and_subnets_have_their_limits<B: ThrottleBackend>(backend: &B) {
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 20).subscriber(few(3)).subnet(few(7));
    let first = TestNetwork::new();
    let second = first.neighbour();
    for (network, granted) in [(first, 3), (second, 3), (first.neighbour(), 1)] {
        for number in 1..=granted {
            let account = TestAccount::new(backend, limits);
            let what = format!("attempt {number} of {granted} from a subscriber");
            account.at(network).must_be_counted(1, &what);
        }
        let account = TestAccount::new(backend, limits);
        account.at(network).must_wait(1, "an exhausted subscriber");
    }
    let elsewhere = TestAccount::new(backend, limits).at(TestNetwork::new());
    let what = "an attempt from another subnet";
    let receipts = [1, 2, 3].map(|tag| elsewhere.must_be_counted(tag, what));
    elsewhere.settle(2, Settlement::Undone(receipts[1]));
    elsewhere.must_be_counted(4, "a returned attempt");
    elsewhere.must_wait(5, "a subscriber at its limit again");
}

/// Checks that an attempt which one budget refuses counts in no budget.
///
/// # Panics
///
/// Panics if it counts in another budget.
pub fn all_budgets_count_an_attempt_or_none_does<B: ThrottleBackend>(backend: &B) {
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 2).subscriber(few(3)).subnet(few(5));
    let full = TestAccount::new(backend, limits);
    let other = TestAccount::new(backend, limits);
    full.exhaust(0);
    let network = TestNetwork::new();
    for tag in 100..110 {
        full.at(network).must_wait(tag, "an account at its limit");
    }
    let spare = TestAccount::new(backend, limits).at(network);
    for tag in 1..=2 {
        spare.must_be_counted(tag, "a subscriber whose attempts an account refused");
    }
    other
        .at(network)
        .must_be_counted(1, "the third attempt of a subscriber");
    for tag in 100..110 {
        other
            .at(network)
            .must_wait(tag, "a subscriber at its limit");
    }
    other.must_be_counted(2, "an account whose attempts a subscriber refused");
    other.must_wait(3, "an account at its limit");
}

/// Checks that a subnet holds no more than its share of the failures of unfamiliar locations at an account, and leaves
/// the rest to other subnets.
///
/// # Panics
///
/// Panics if the subnet holds more or less, or if its attempts count for another subnet.
pub fn a_subnet_holds_at_most_its_share<B: ThrottleBackend>(backend: &B) {
    let unfamiliar = UnfamiliarLimit::new(5, backend.unit(), 2);
    let limits = limits(backend, 5).unfamiliar(unfamiliar);
    let account = TestAccount::new(backend, limits);
    let first = TestNetwork::new();
    for tag in 1..=2 {
        let neighbour = account.at(first.neighbour());
        neighbour.must_be_counted(tag, "within the share");
    }
    let third = account.at(first.neighbour());
    third.must_wait(3, "a subnet that holds its share");
    account.at(first).must_wait(1, "a repeat beyond the share");
    let elsewhere = account.at(TestNetwork::new());
    for tag in 3..=4 {
        elsewhere.must_be_counted(tag, "another subnet");
    }
    account.must_be_counted(5, "an attempt without a subnet");
    account.must_wait(6, "an account at its limit");
}
