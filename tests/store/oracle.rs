//! Tests `MemoryStore` against a list of live keys, with random steps.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use proptest::prelude::{Strategy, any, prop_oneof};
use proptest::{collection, proptest};
use tower_challenge::clock::ManualClock;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, MemoryStore, ReplayStore};

/// So few keys that the store is often full.
const CAPACITY: usize = 4;

#[derive(Clone, Debug)]
enum Step {
    Claim { key: u8, number: u32, ttl: u64 },
    Pass { time: u64 },
}

fn step() -> impl Strategy<Value = Step> {
    let number = prop_oneof![4 => 0..4_u32, 1 => 120..140_u32, 1 => MAX_COUNT - 1..MAX_COUNT + 2];
    let claim = (0..8_u8, number, 0..12_u64);
    prop_oneof![
        6 => claim.prop_map(|(key, number, ttl)| Step::Claim { key, number, ttl }),
        1 => (0..8_u64).prop_map(|time| Step::Pass { time }),
    ]
}

/// Returns the account of a key. Half of the keys belong to one account, and each other key has an account of its own.
const fn account(key: u8) -> u8 {
    if key < 4 { 0 } else { key }
}

/// The live keys, each with its last second and the claimed numbers. Number 0 stands for `claim_once`.
#[derive(Default)]
struct Oracle {
    now: u64,
    live: BTreeMap<u8, (u64, BTreeSet<u32>)>,
}

impl Oracle {
    fn claim(&mut self, key: u8, number: u32, ttl: u64) -> Option<Claim> {
        if number > MAX_COUNT {
            return Some(Claim::NotFirst);
        }
        let now = self.now;
        self.live.retain(|_, (until, _)| *until >= now);
        let held = self
            .live
            .keys()
            .filter(|other| account(**other) == account(key));
        if held.count() >= CAPACITY - self.live.len() && !self.live.contains_key(&key) {
            return None;
        }
        let (until, claimed) = self.live.entry(key).or_default();
        *until = (now + ttl).max(*until);
        Some(if claimed.insert(number) {
            Claim::First
        } else {
            Claim::NotFirst
        })
    }
}

fn claim(store: &MemoryStore, key: u8, number: u32, ttl: u64) -> Option<Claim> {
    let (holder, ttl) = (
        ClaimHolder::new(account(key).into()),
        Duration::from_secs(ttl),
    );
    let key = ClaimKey::new([key; 16]);
    let answer = match number {
        0 => store.claim_once(key, holder, ttl),
        _ => store.claim_count(key, holder, number, ttl),
    };
    answer.try_now().expect("at once").ok()
}

proptest! {
    #[test]
    fn the_store_answers_as_a_list_of_live_keys_would(
        steps in collection::vec(step(), 0..200),
        twins in any::<bool>(),
    ) {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let store = MemoryStore::new().with_capacity(CAPACITY).with_clock(clock.clone());
        let clones = [store.clone(), store];
        let mut oracle = Oracle::default();
        for (i, step) in steps.into_iter().enumerate() {
            let store = &clones[if twins { i % 2 } else { 0 }];
            match step {
                Step::Claim { key, number, ttl } => {
                    assert_eq!(claim(store, key, number, ttl), oracle.claim(key, number, ttl));
                }
                Step::Pass { time } => {
                    clock.advance(Duration::from_secs(time));
                    oracle.now += time;
                }
            }
            assert!(store.entry_count() <= CAPACITY);
        }
    }
}
