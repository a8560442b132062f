//! Checks a throttle store against the rules over a plain map.

use std::collections::HashMap;
use std::time::Duration;

use super::ask::{TestAccount, TestNetwork, is_held, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::{SeededRandom, new_key};
use crate::store::{
    ClaimKey, FamiliarRecord, NetworkLimit, NetworkRecord, Settlement, ThrottleAttempt,
    ThrottleReceipt, ThrottleRecords, UnfamiliarLimit, UnfamiliarRecord,
};

const STEPS: u32 = 6000;

/// Checks in thousands of random steps that the store decides as the rules do over a plain map. The steps are the same
/// in every run. If the clock of the backend cannot stand still, this checks nothing.
///
/// # Panics
///
/// Panics at the first decision that differs.
pub fn the_store_agrees_with_the_rules<B: ThrottleBackend>(backend: &B) {
    if !is_held(backend) {
        return;
    }
    let mut random = SeededRandom::seeded(1);
    let unfamiliar = UnfamiliarLimit::new(6, backend.unit(), 3).lockout_after(12);
    let limits = limits(backend, 6)
        .unfamiliar(unfamiliar)
        .subscriber(NetworkLimit::new(9, backend.unit() / 2))
        .subnet(NetworkLimit::new(15, backend.unit() / 3));
    let (one, other) = (new_key(), new_key());
    let accounts = [one, one, other].map(|key| TestAccount::spelled(backend, limits, key));
    let subnets = [(); 3].map(|()| TestNetwork::new());
    let networks = [subnets.map(TestNetwork::neighbour), subnets].concat();
    let (mut map, mut open) = (PlainMap::default(), Vec::new());
    for step in 0..STEPS {
        let account = &accounts[below(&mut random, accounts.len())];
        match random.below(16) {
            0 => backend.pass(backend.unit() * random.below(100) / 60),
            1 if random.below(20) == 0 => {
                let account = account.at(networks[below(&mut random, networks.len())]);
                let settlement =
                    [Settlement::MarkFamiliar, Settlement::Unlock][below(&mut random, 2)];
                account.settle(0, settlement);
                map.settle(&account.attempt(0), settlement, backend.now());
            }
            2..=6 if !open.is_empty() => {
                let at = below(&mut random, open.len());
                let (account, tag, expected, actual): OpenAttempt<'_, B> = open.swap_remove(at);
                let settlement = if tag == 0 && random.below(3) > 0 {
                    Settlement::Success
                } else {
                    Settlement::Undone
                };
                account.settle(tag, settlement(actual));
                map.settle(&account.attempt(tag), settlement(expected), backend.now());
            }
            _ => {
                let account = account.at(networks[below(&mut random, networks.len())]);
                let tag = random.below(9);
                let expected = map.reserve(&account.attempt(tag), backend.now());
                let actual = account.must_be(expected.decision(), tag, &format!("step {step}"));
                if actual.is_granted() && random.below(3) > 0 {
                    open.push((account, tag, expected, actual));
                }
            }
        }
    }
}

/// An attempt that is not settled: its account, its tag, the receipt of the map and the receipt of the store.
type OpenAttempt<'b, B> = (TestAccount<'b, B>, u32, ThrottleReceipt, ThrottleReceipt);

fn below(random: &mut SeededRandom, end: usize) -> usize {
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    usize::try_from(random.below(end)).unwrap_or_default()
}

/// The records of all keys.
#[derive(Default)]
struct PlainMap {
    familiar: HashMap<ClaimKey, FamiliarRecord>,
    networks: HashMap<ClaimKey, NetworkRecord>,
    unfamiliar: HashMap<ClaimKey, UnfamiliarRecord>,
}

impl PlainMap {
    fn reserve(&mut self, attempt: &ThrottleAttempt, now: Duration) -> ThrottleReceipt {
        self.step(attempt, |records| records.reserve(attempt, now))
    }

    fn settle(&mut self, attempt: &ThrottleAttempt, settlement: Settlement, now: Duration) {
        self.step(attempt, |records| records.settle(attempt, settlement, now));
    }

    /// Loads the records, runs the rules, and saves the records.
    fn step<T>(
        &mut self,
        attempt: &ThrottleAttempt,
        run: impl FnOnce(&mut ThrottleRecords) -> T,
    ) -> T {
        let mut records = ThrottleRecords {
            familiar: load(&self.familiar, attempt.familiar_key()),
            subscriber: load(&self.networks, attempt.subscriber_key()),
            subnet: load(&self.networks, attempt.subnet_key()),
            unfamiliar: load(&self.unfamiliar, attempt.unfamiliar_key()),
        };
        let done = run(&mut records);
        save(&mut self.familiar, attempt.familiar_key(), records.familiar);
        save(
            &mut self.networks,
            attempt.subscriber_key(),
            records.subscriber,
        );
        let key = attempt.subnet_key();
        save(&mut self.networks, key, records.subnet);
        save(
            &mut self.unfamiliar,
            attempt.unfamiliar_key(),
            records.unfamiliar,
        );
        done
    }
}

fn load<R: Clone + Default>(records: &HashMap<ClaimKey, R>, key: Option<ClaimKey>) -> R {
    let record = key.and_then(|key| records.get(&key));
    record.cloned().unwrap_or_default()
}

fn save<R>(records: &mut HashMap<ClaimKey, R>, key: Option<ClaimKey>, record: R) {
    if let Some(key) = key {
        records.insert(key, record);
    }
}
