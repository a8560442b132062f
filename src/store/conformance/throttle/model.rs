//! The rules over a plain map, as an oracle.

use std::collections::HashMap;
use std::time::Duration;

use super::ask::{Account, Network, is_held, limits};
use super::backend::ThrottleBackend;
use crate::store::conformance::random::{Random, new_key};
use crate::store::{
    Key, NetworkLimit, NetworkRecord, PlacesRecord, Settlement, Strangers, StrangersRecord,
    ThrottleAttempt, ThrottleReceipt, ThrottleRecords,
};

const STEPS: u32 = 6000;

/// In thousands of random steps, the store decides as the rules do over a plain map. The steps are the same in every run.
/// Where time cannot be held, nothing is checked.
///
/// # Panics
///
/// Panics at the first decision that is another.
pub fn it_agrees_with_the_rules<B: ThrottleBackend>(backend: &B) {
    if !is_held(backend) {
        return;
    }
    let mut random = Random::seeded(1);
    let strangers = Strangers::new(6, backend.unit(), 3).stop_after(12);
    let limits = limits(backend, 6)
        .strangers(strangers)
        .line(NetworkLimit::new(9, backend.unit() / 2))
        .neighbourhood(NetworkLimit::new(15, backend.unit() / 3));
    let (one, other) = (new_key(), new_key());
    let accounts = [one, one, other].map(|key| Account::spelled(backend, limits, key));
    let around = [(); 3].map(|()| Network::new());
    let networks = [around.map(Network::neighbour), around].concat();
    let (mut map, mut open) = (PlainMap::default(), Vec::new());
    for step in 0..STEPS {
        let account = &accounts[below(&mut random, accounts.len())];
        match random.below(16) {
            0 => backend.pass(backend.unit() * random.below(100) / 60),
            1 if random.below(20) == 0 => {
                let account = account.at(networks[below(&mut random, networks.len())]);
                let settlement = [Settlement::Vouch, Settlement::Release][below(&mut random, 2)];
                account.settle(0, settlement);
                map.settle(&account.attempt(0), settlement, backend.now());
            }
            2..=6 if !open.is_empty() => {
                let at = below(&mut random, open.len());
                let (account, tag, ours, theirs): Open<'_, B> = open.swap_remove(at);
                let settlement = if tag == 0 && random.below(3) > 0 {
                    Settlement::Right
                } else {
                    Settlement::Undone
                };
                account.settle(tag, settlement(theirs));
                map.settle(&account.attempt(tag), settlement(ours), backend.now());
            }
            _ => {
                let account = account.at(networks[below(&mut random, networks.len())]);
                let tag = random.below(9);
                let ours = map.reserve(&account.attempt(tag), backend.now());
                let theirs = account.must_be(ours.decision(), tag, &format!("step {step}"));
                if theirs.is_granted() && random.below(3) > 0 {
                    open.push((account, tag, ours, theirs));
                }
            }
        }
    }
}

type Open<'b, B> = (Account<'b, B>, u32, ThrottleReceipt, ThrottleReceipt);

fn below(random: &mut Random, end: usize) -> usize {
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    usize::try_from(random.below(end)).unwrap_or_default()
}

/// The records of all keys.
#[derive(Default)]
struct PlainMap {
    places: HashMap<Key, PlacesRecord>,
    networks: HashMap<Key, NetworkRecord>,
    strangers: HashMap<Key, StrangersRecord>,
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
            places: load(&self.places, attempt.places_key()),
            line: load(&self.networks, attempt.line_key()),
            neighbourhood: load(&self.networks, attempt.neighbourhood_key()),
            strangers: load(&self.strangers, attempt.strangers_key()),
        };
        let done = run(&mut records);
        save(&mut self.places, attempt.places_key(), records.places);
        save(&mut self.networks, attempt.line_key(), records.line);
        let key = attempt.neighbourhood_key();
        save(&mut self.networks, key, records.neighbourhood);
        save(
            &mut self.strangers,
            attempt.strangers_key(),
            records.strangers,
        );
        done
    }
}

fn load<R: Clone + Default>(records: &HashMap<Key, R>, key: Option<Key>) -> R {
    let record = key.and_then(|key| records.get(&key));
    record.cloned().unwrap_or_default()
}

fn save<R>(records: &mut HashMap<Key, R>, key: Option<Key>, record: R) {
    if let Some(key) = key {
        records.insert(key, record);
    }
}
