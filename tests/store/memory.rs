//! Tests that `MemoryStore` passes the suite, and keeps the promises that the suite does not check.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use tower_challenge::clock::ManualClock;
use tower_challenge::store::conformance::replay_store;
use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, MAX_COUNT, MemoryStore, ReplayStore, StoreEpoch,
};

use crate::backend::Tested;
use crate::watchdog::Watchdog;

const MINUTE: Duration = Duration::from_secs(60);
const NANOSECOND: Duration = Duration::from_nanos(1);

#[test]
fn memory_stores_with_one_shard_and_with_many_pass_the_suite() {
    for capacity in [16, 1000, 10_000] {
        replay_store(|| Tested {
            capacity: Some(capacity),
            ..Tested::new(|clock| MemoryStore::new().with_capacity(capacity).with_clock(clock))
        });
    }
}

#[test]
fn a_store_holds_exactly_its_capacity_with_any_number_of_shards() {
    for capacity in [0, 1, 2, 63, 1023, 2047, 2048, 2049, 65_537, 100_000] {
        let store = MemoryStore::new().with_capacity(capacity);
        let offered = u32::try_from(capacity * 2 + 1000).unwrap();
        let granted = (0..offered).filter(|n| once(&store, key(*n)) == Some(Claim::First));
        assert_eq!(granted.count(), capacity);
        assert_eq!(
            (store.entry_count(), store.capacity()),
            (capacity, capacity)
        );
    }
}

#[test]
fn the_default_store_holds_two_hundred_thousand_keys() {
    assert_eq!(MemoryStore::new().capacity(), 200_000);
    assert_eq!(MemoryStore::default().capacity(), 200_000);
}

/// 100,000 keys are as many as the whole store held before each account had a share.
#[test]
fn a_single_account_gets_a_hundred_thousand_keys() {
    let store = MemoryStore::new();
    let granted = (0..400_000).filter(|n| claim_for(&store, *n, GUEST) == Some(Claim::First));
    let granted = granted.count();
    assert!(
        (100_000..=100_064).contains(&granted),
        "half of each part, rounded up: {granted}"
    );
    assert_eq!(
        claim_for(&store, 0, GUEST),
        Some(Claim::NotFirst),
        "the store keeps a key that it holds"
    );
}

/// Each of nine accounts claims as many keys as the store grants. The last one must still get half of the free places.
#[test]
fn an_account_gets_half_of_the_free_places_after_others_claimed_all_they_could() {
    let store = MemoryStore::new().with_capacity(1000);
    let mut left = 1000;
    for account in 0..9 {
        let keys = (0..2000).map(|n| account * 2000 + n);
        let granted = keys.filter(|n| claim_for(&store, *n, account.into()) == Some(Claim::First));
        let granted = granted.count();
        assert!(granted >= left / 2, "{account}: {granted} of {left}");
        left -= granted;
    }
    assert!(left > 0);
}

#[test]
fn an_account_gets_its_share_again_after_its_keys_have_expired() {
    let _watchdog = Watchdog::start("the store has looked for room");
    let (store, clock) = store_with_manual_clock();
    let store = store.with_capacity(100);
    for generation in 0..5 {
        let keys = (0..100).map(|n| generation * 100 + n);
        let granted = keys.filter(|n| claim_for(&store, *n, GUEST) == Some(Claim::First));
        assert_eq!(granted.count(), 50);
        clock.advance(MINUTE + NANOSECOND);
    }
}

#[test]
fn a_claim_lasts_to_the_end_of_its_ttl_and_no_longer() {
    let (store, clock) = store_with_manual_clock();
    for claim in [once, first_count] {
        let key = key(u32::try_from(store.entry_count()).unwrap());
        assert_eq!(claim(&store, key), Some(Claim::First));
        clock.advance(MINUTE + NANOSECOND);
        assert_eq!(claim(&store, key), Some(Claim::First), "it has expired");
        clock.advance(MINUTE);
        assert_eq!(claim(&store, key), Some(Claim::NotFirst), "its last moment");
    }
}

#[test]
fn a_step_of_the_wall_clock_changes_no_claim() {
    let (store, clock) = store_with_manual_clock();
    assert_eq!(once(&store, key(1)), Some(Claim::First));
    for wall in [MINUTE * 1_000_000, Duration::ZERO] {
        clock.step_wall(SystemTime::UNIX_EPOCH + wall);
        assert_eq!(
            once(&store, key(1)),
            Some(Claim::NotFirst),
            "no time has passed"
        );
    }
    clock.advance(MINUTE * 2);
    clock.step_wall(SystemTime::UNIX_EPOCH);
    assert_eq!(once(&store, key(1)), Some(Claim::First), "time has passed");
}

#[test]
fn each_new_key_clears_four_expired_keys_away() {
    let (store, clock) = store_with_manual_clock();
    let store = store.with_capacity(1500);
    assert!((0..1000).all(|n| once(&store, key(n)) == Some(Claim::First)));
    clock.advance(MINUTE * 2);
    for n in 1..=250 {
        assert_eq!(once(&store, key(1000 + n)), Some(Claim::First));
        assert_eq!(store.entry_count(), 1000 - usize::try_from(n).unwrap() * 3);
    }
    assert_eq!(once(&store, key(1500)), Some(Claim::First));
    assert_eq!(
        store.entry_count(),
        251,
        "all expired keys are cleared away, and no live one"
    );
}

#[test]
fn a_full_store_finds_an_expired_key_behind_prolonged_ones() {
    let _watchdog = Watchdog::start("the store has looked for room");
    let (store, clock) = store_with_manual_clock();
    let store = store.with_capacity(7);
    let all_are_first = |keys: std::ops::Range<u32>, number| {
        let mut answers = keys.map(|n| count(&store, key(n), number));
        answers.all(|answer| answer == Some(Claim::First))
    };
    assert!(all_are_first(0..6, 1));
    clock.advance(MINUTE / 2);
    assert!(all_are_first(6..7, 1), "this key is claimed last");
    clock.advance(MINUTE / 2);
    assert!(all_are_first(0..6, 2), "the other keys are prolonged");
    clock.advance(MINUTE / 2 + NANOSECOND);
    assert!(
        all_are_first(7..8, 1),
        "the last key expires first and makes room"
    );
    assert!(!all_are_first(8..9, 1), "for one key");
}

#[test]
fn claim_once_and_claim_count_of_a_key_take_one_place_and_are_independent() {
    let store = MemoryStore::new();
    for claim in [Claim::First, Claim::NotFirst] {
        assert_eq!(once(&store, key(1)), Some(claim));
        assert_eq!(first_count(&store, key(1)), Some(claim));
    }
    assert_eq!(store.entry_count(), 1);
}

#[test]
fn a_refused_count_out_of_range_takes_no_place() {
    let store = MemoryStore::new();
    for number in [0, MAX_COUNT + 1, u32::MAX] {
        assert_eq!(count(&store, key(1), number), Some(Claim::NotFirst));
    }
    assert_eq!(store.entry_count(), 0);
}

#[test]
fn a_full_store_says_that_it_is_full() {
    let _watchdog = Watchdog::start("the store has looked for room");
    let store = MemoryStore::new().with_capacity(0);
    let answer = store
        .claim_once(key(1), owner(key(1)), MINUTE)
        .try_now()
        .unwrap();
    assert_eq!(
        answer.unwrap_err().to_string(),
        "the replay store is full, or the account holds its share of it"
    );
}

#[test]
fn a_clone_is_the_same_store_and_with_capacity_makes_another() {
    let store = MemoryStore::new();
    assert_eq!(once(&store.clone(), key(1)), Some(Claim::First));
    assert_eq!(once(&store, key(1)), Some(Claim::NotFirst));
    assert_eq!(epoch(&store.clone()), epoch(&store));
    let other = store.clone().with_capacity(10);
    assert_eq!(
        once(&other, key(1)),
        Some(Claim::First),
        "the new store starts empty"
    );
    assert_ne!(
        epoch(&other),
        epoch(&store),
        "the new store starts a new epoch"
    );
}

#[test]
fn every_store_has_an_epoch_of_its_own() {
    let tags: HashSet<_> = (0..1000)
        .map(|_| epoch(&MemoryStore::new()).tag())
        .collect();
    assert_eq!(tags.len(), 1000);
}

#[test]
fn debug_output_has_the_number_of_keys_and_no_key() {
    let store = MemoryStore::new().with_capacity(10);
    assert_eq!(once(&store, key(1)), Some(Claim::First));
    assert_eq!(
        format!("{store:?}"),
        "MemoryStore { held: 1, capacity: 10, .. }"
    );
}

fn store_with_manual_clock() -> (MemoryStore, ManualClock) {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + MINUTE * 1000);
    (MemoryStore::new().with_clock(clock.clone()), clock)
}

/// Makes a key from a number. Keys must be spread evenly, so it multiplies by two odd factors, which keeps keys of
/// different numbers different.
fn key(number: u32) -> ClaimKey {
    let number = u128::from(number) + 1;
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}

/// Returns the answer of the store, or `None` for an error. The store must answer at once.
fn once(store: &MemoryStore, key: ClaimKey) -> Option<Claim> {
    store
        .claim_once(key, owner(key), MINUTE)
        .try_now()
        .expect("at once")
        .ok()
}

fn count(store: &MemoryStore, key: ClaimKey, number: u32) -> Option<Claim> {
    store
        .claim_count(key, owner(key), number, MINUTE)
        .try_now()
        .expect("it fits")
        .ok()
}

/// Returns an account for a key, for tests that do not depend on the account. Each key has an account of its own.
fn owner(key: ClaimKey) -> ClaimHolder {
    ClaimHolder::new(u64::from_le_bytes(
        *key.as_bytes().first_chunk().expect("16 bytes"),
    ))
}

const GUEST: u64 = 0x5a5a_1234_5a5a_9876;

fn claim_for(store: &MemoryStore, number: u32, account: u64) -> Option<Claim> {
    let claim = store.claim_once(key(number), ClaimHolder::new(account), MINUTE);
    claim.try_now().expect("at once").ok()
}

fn first_count(store: &MemoryStore, key: ClaimKey) -> Option<Claim> {
    count(store, key, 1)
}

fn epoch(store: &MemoryStore) -> StoreEpoch {
    store.epoch().try_now().expect("at once").expect("not full")
}
