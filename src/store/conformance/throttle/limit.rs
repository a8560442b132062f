//! How many attempts there are: exactly as many as the limit.

use super::ask::{Account, Network, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::race::race_of;
use crate::store::conformance::random::Random;
use crate::store::{Key, NetworkLimit, Settlement, Strangers, ThrottleStore};

const CALLERS: u32 = 1000;

/// Callers get, one after another, as many attempts at an account as strangers have, and then none; 20 by default.
///
/// # Panics
///
/// Panics if it is one more or one less.
pub fn exactly_the_limit_is_granted<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for failures in [1, 2, 5, 20, 60] {
        let account = Account::new(backend, limits(backend, failures), &mut random);
        account.use_up(0);
        let what = format!("an attempt after {failures}");
        account.must_wait(&account.attempt(1000), &what);
    }
}

/// Of 1,000 callers with different passwords at the same time, as many get an attempt as strangers have.
///
/// # Panics
///
/// Panics if another number of them does.
pub fn exactly_the_limit_is_granted_to_1000_at_once<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    for failures in [1, 20, 60] {
        let account = Account::new(backend, limits(backend, failures), &mut random);
        let networks: Vec<_> = (0..CALLERS).map(|_| Network::new(&mut random)).collect();
        let answers = race_of(CALLERS, |caller| {
            let from = usize::try_from(caller).map_or(0, |index| index % networks.len());
            let attempt = account.attempt_from(caller, &networks[from]);
            backend.wait(backend.store().reserve(&attempt))
        });
        let granted = answers
            .iter()
            .flatten()
            .filter(|receipt| receipt.is_granted());
        let granted = granted.count();
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
    let mut random = Random::new();
    let bits = u128::from_be_bytes(*random.key().as_bytes());
    let neighbours = (0..128).map(|bit| bits ^ (1 << bit));
    for bits in std::iter::once(bits).chain(neighbours) {
        let (key, limits) = (Key::new(bits.to_be_bytes()), limits(backend, 1));
        let account = Account::with_keys(backend, limits, key, random.key());
        account.must_be_counted(&account.attempt(1), "a key, after others that resemble it");
        account.must_wait(&account.attempt(2), "the same key");
    }
}

/// A line and a neighbourhood have their own limits, at all accounts together. An attempt that is given back is there again.
///
/// # Panics
///
/// Panics if one of them has more or fewer.
pub fn networks_have_their_limits<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 20).line(few(3)).neighbourhood(few(7));
    let first = Network::new(&mut random);
    let second = first.neighbour(&mut random);
    for (network, granted) in [(first, 3), (second, 3), (first.neighbour(&mut random), 1)] {
        for number in 1..=granted {
            let account = Account::new(backend, limits, &mut random);
            let what = format!("attempt {number} of {granted} from a line");
            account.must_be_counted(&account.attempt_from(1, &network), &what);
        }
        let account = Account::new(backend, limits, &mut random);
        account.must_wait(
            &account.attempt_from(1, &network),
            "a line that has no more",
        );
    }
    let (account, other) = (
        Account::new(backend, limits, &mut random),
        Network::new(&mut random),
    );
    let receipts = [1, 2, 3].map(|tag| {
        let attempt = account.attempt_from(tag, &other);
        account.must_be_counted(&attempt, "an attempt from another neighbourhood")
    });
    account.settle(
        &account.attempt_from(2, &other),
        Settlement::Undone(receipts[1]),
    );
    account.must_be_counted(&account.attempt_from(4, &other), "what was given back");
    account.must_wait(
        &account.attempt_from(5, &other),
        "a line at its limit again",
    );
}

/// An attempt that one budget refuses counts in none.
///
/// # Panics
///
/// Panics if it does.
pub fn all_budgets_count_or_none<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let few = |failures| NetworkLimit::new(failures, backend.unit());
    let limits = limits(backend, 2).line(few(3)).neighbourhood(few(5));
    let (full, other) = (
        Account::new(backend, limits, &mut random),
        Account::new(backend, limits, &mut random),
    );
    full.use_up(0);
    let network = Network::new(&mut random);
    for tag in 100..110 {
        full.must_wait(&full.attempt_from(tag, &network), "an account at its limit");
    }
    let spare = Account::new(backend, limits, &mut random);
    for tag in 1..=2 {
        let what = "a line whose attempts an account refused";
        spare.must_be_counted(&spare.attempt_from(tag, &network), what);
    }
    other.must_be_counted(&other.attempt_from(1, &network), "the third of a line");
    for tag in 100..110 {
        other.must_wait(&other.attempt_from(tag, &network), "a line at its limit");
    }
    other.must_be_counted(
        &other.attempt(2),
        "an account whose attempts a line refused",
    );
    other.must_wait(&other.attempt(3), "an account at its limit");
}

/// A neighbourhood holds no more than its share of the failures of strangers at an account, and leaves the rest to others.
///
/// # Panics
///
/// Panics if it holds more or less, or if another neighbourhood pays for it.
pub fn a_neighbourhood_has_its_share<B: ThrottleBackend>(backend: &B) {
    let mut random = Random::new();
    let strangers = Strangers::new(5, backend.unit(), 2);
    let limits = limits(backend, 5).strangers(strangers);
    let account = Account::new(backend, limits, &mut random);
    let first = Network::new(&mut random);
    for tag in 1..=2 {
        let network = first.neighbour(&mut random);
        account.must_be_counted(&account.attempt_from(tag, &network), "within the share");
    }
    let third = account.attempt_from(3, &first.neighbour(&mut random));
    account.must_wait(&third, "a neighbourhood that holds its share");
    account.must_wait(
        &account.attempt_from(1, &first),
        "a repeat beyond the share",
    );
    let second = Network::new(&mut random);
    for tag in 3..=4 {
        account.must_be_counted(&account.attempt_from(tag, &second), "another neighbourhood");
    }
    account.must_be_counted(&account.attempt(5), "what has no neighbourhood");
    account.must_wait(&account.attempt(6), "an account at its limit");
}
