//! How many attempts there are: exactly as many as the limit.

use super::ask::{TestAccount, TestNetwork, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::race::race_of;
use crate::store::conformance::random::new_key;
use crate::store::{ClaimKey, NetworkLimit, Settlement, ThrottleStore, UnfamiliarLimit};

const CALLERS: u32 = 1000;

/// Callers get, one after another, as many attempts at an account as strangers have, and then none; 20 by default.
///
/// # Panics
///
/// Panics if it is one more or one less.
pub fn exactly_the_limit_is_granted<B: ThrottleBackend>(backend: &B) {
    for failures in [1, 2, 5, 20, 60] {
        let account = TestAccount::new(backend, limits(backend, failures));
        account.use_up(0);
        let what = format!("an attempt after {failures}");
        account.must_wait(1000, &what);
    }
}

/// Of 1,000 callers with different passwords at the same time, as many get an attempt as strangers have.
///
/// # Panics
///
/// Panics if another number of them does.
pub fn exactly_the_limit_is_granted_to_1000_at_once<B: ThrottleBackend>(backend: &B) {
    for failures in [1, 20, 60] {
        let account = TestAccount::new(backend, limits(backend, failures));
        let attempts = (0..CALLERS).map(|tag| account.at(TestNetwork::new()).attempt(tag));
        let attempts: Vec<_> = attempts.collect();
        let answers = race_of(CALLERS, |caller| {
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

/// Keys that differ in one bit are different keys, for each of the 128 bits.
///
/// # Panics
///
/// Panics if one pays for another.
pub fn keys_fail_apart<B: ThrottleBackend>(backend: &B) {
    let bits = u128::from_be_bytes(*new_key().as_bytes());
    let neighbours = (0..128).map(|bit| bits ^ (1 << bit));
    for bits in std::iter::once(bits).chain(neighbours) {
        let key = ClaimKey::new(bits.to_be_bytes());
        let account = TestAccount::spelled(backend, limits(backend, 1), key);
        account.must_be_counted(1, "a key, after others that resemble it");
        account.must_wait(2, "the same key");
    }
}

/// A line and a neighbourhood have their own limits, at all accounts together. An attempt that is given back is there again.
///
/// # Panics
///
/// Panics if one of them has more or fewer.
pub fn networks_have_their_limits<B: ThrottleBackend>(backend: &B) {
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 20).subscriber(few(3)).subnet(few(7));
    let first = TestNetwork::new();
    let second = first.neighbour();
    for (network, granted) in [(first, 3), (second, 3), (first.neighbour(), 1)] {
        for number in 1..=granted {
            let account = TestAccount::new(backend, limits);
            let what = format!("attempt {number} of {granted} from a line");
            account.at(network).must_be_counted(1, &what);
        }
        let account = TestAccount::new(backend, limits);
        account.at(network).must_wait(1, "a line that has no more");
    }
    let elsewhere = TestAccount::new(backend, limits).at(TestNetwork::new());
    let what = "an attempt from another neighbourhood";
    let receipts = [1, 2, 3].map(|tag| elsewhere.must_be_counted(tag, what));
    elsewhere.settle(2, Settlement::Undone(receipts[1]));
    elsewhere.must_be_counted(4, "what was given back");
    elsewhere.must_wait(5, "a line at its limit again");
}

/// An attempt that one budget refuses counts in none.
///
/// # Panics
///
/// Panics if it does.
pub fn all_budgets_count_or_none<B: ThrottleBackend>(backend: &B) {
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 2).subscriber(few(3)).subnet(few(5));
    let full = TestAccount::new(backend, limits);
    let other = TestAccount::new(backend, limits);
    full.use_up(0);
    let network = TestNetwork::new();
    for tag in 100..110 {
        full.at(network).must_wait(tag, "an account at its limit");
    }
    let spare = TestAccount::new(backend, limits).at(network);
    for tag in 1..=2 {
        spare.must_be_counted(tag, "a line whose attempts an account refused");
    }
    other.at(network).must_be_counted(1, "the third of a line");
    for tag in 100..110 {
        other.at(network).must_wait(tag, "a line at its limit");
    }
    other.must_be_counted(2, "an account whose attempts a line refused");
    other.must_wait(3, "an account at its limit");
}

/// A neighbourhood holds no more than its share of the failures of strangers at an account, and leaves the rest to others.
///
/// # Panics
///
/// Panics if it holds more or less, or if another neighbourhood pays for it.
pub fn a_subnet_has_its_share<B: ThrottleBackend>(backend: &B) {
    let unfamiliar = UnfamiliarLimit::new(5, backend.unit(), 2);
    let limits = limits(backend, 5).unfamiliar(unfamiliar);
    let account = TestAccount::new(backend, limits);
    let first = TestNetwork::new();
    for tag in 1..=2 {
        let neighbour = account.at(first.neighbour());
        neighbour.must_be_counted(tag, "within the share");
    }
    let third = account.at(first.neighbour());
    third.must_wait(3, "a neighbourhood that holds its share");
    account.at(first).must_wait(1, "a repeat beyond the share");
    let elsewhere = account.at(TestNetwork::new());
    for tag in 3..=4 {
        elsewhere.must_be_counted(tag, "another neighbourhood");
    }
    account.must_be_counted(5, "what has no neighbourhood");
    account.must_wait(6, "an account at its limit");
}
