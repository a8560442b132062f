//! `MemoryStore` passes the suite, and keeps the promises that the suite does not know of.

use std::collections::HashSet;
use std::time::{Duration, SystemTime};

use tower_challenge::clock::ManualClock;
use tower_challenge::store::conformance::replay_store;
use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, MAX_COUNT, MemoryStore, ReplayStore, StoreEpoch,
};

use crate::backend::Tested;

const MINUTE: Duration = Duration::from_secs(60);
const NANOSECOND: Duration = Duration::from_nanos(1);

#[test]
fn it_passes_the_suite_in_one_part_and_in_many() {
    for capacity in [16, 1000, 10_000] {
        replay_store(|| Tested {
            capacity: Some(capacity),
            ..Tested::new(|clock| MemoryStore::new().with_capacity(capacity).with_clock(clock))
        });
    }
}

#[test]
fn it_holds_exactly_its_capacity_whatever_the_parts() {
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
fn the_default_holds_two_hundred_thousand_keys() {
    assert_eq!(MemoryStore::new().capacity(), 200_000);
    assert_eq!(MemoryStore::default().capacity(), 200_000);
}

/// As many as the whole store held before accounts had shares.
#[test]
fn a_service_with_one_account_has_a_hundred_thousand_keys() {
    let store = MemoryStore::new();
    let granted = (0..400_000).filter(|n| by(&store, *n, GUEST) == Some(Claim::First));
    let granted = granted.count();
    assert!(
        (100_000..=100_064).contains(&granted),
        "half of each part, rounded up: {granted}"
    );
    assert_eq!(
        by(&store, 0, GUEST),
        Some(Claim::NotFirst),
        "what it holds, it holds"
    );
}

/// Each of many accounts takes what it can get, and the next one still gets something.
#[test]
fn accounts_that_take_what_they_can_get_leave_as_much_as_the_largest_has() {
    let store = MemoryStore::new().with_capacity(1000);
    let mut left = 1000;
    for account in 0..9 {
        let keys = (0..2000).map(|n| account * 2000 + n);
        let granted = keys.filter(|n| by(&store, *n, account.into()) == Some(Claim::First));
        let granted = granted.count();
        assert!(granted >= left / 2, "{account}: {granted} of {left}");
        left -= granted;
    }
    assert!(left > 0);
}

#[test]
fn an_account_gets_its_share_again_when_its_keys_have_expired() {
    let (store, clock) = by_hand();
    let store = store.with_capacity(100);
    for generation in 0..5 {
        let keys = (0..100).map(|n| generation * 100 + n);
        let granted = keys.filter(|n| by(&store, *n, GUEST) == Some(Claim::First));
        assert_eq!(granted.count(), 50);
        clock.advance(MINUTE + NANOSECOND);
    }
}

#[test]
fn a_claim_lasts_to_the_end_of_its_ttl_and_no_longer() {
    let (store, clock) = by_hand();
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
fn no_step_of_the_wall_clock_forgets_or_keeps_anything() {
    let (store, clock) = by_hand();
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
fn a_new_key_clears_four_of_the_past_away() {
    let (store, clock) = by_hand();
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
        "none of the past is left, none of the present is gone"
    );
}

#[test]
fn a_full_store_looks_until_it_has_found_what_has_expired() {
    let (store, clock) = by_hand();
    let store = store.with_capacity(7);
    let all_are_first = |keys: std::ops::Range<u32>, number| {
        let mut answers = keys.map(|n| count(&store, key(n), number));
        answers.all(|answer| answer == Some(Claim::First))
    };
    assert!(all_are_first(0..6, 1));
    clock.advance(MINUTE / 2);
    assert!(
        all_are_first(6..7, 1),
        "the last of them to expire, as it seems"
    );
    clock.advance(MINUTE / 2);
    assert!(all_are_first(0..6, 2), "but the others are prolonged");
    clock.advance(MINUTE / 2 + NANOSECOND);
    assert!(all_are_first(7..8, 1), "so it makes room");
    assert!(!all_are_first(8..9, 1), "for one key");
}

#[test]
fn the_two_kinds_of_claim_share_a_place_and_nothing_else() {
    let store = MemoryStore::new();
    for claim in [Claim::First, Claim::NotFirst] {
        assert_eq!(once(&store, key(1)), Some(claim));
        assert_eq!(first_count(&store, key(1)), Some(claim));
    }
    assert_eq!(store.entry_count(), 1);
}

#[test]
fn a_count_out_of_range_takes_no_place() {
    let store = MemoryStore::new();
    for number in [0, MAX_COUNT + 1, u32::MAX] {
        assert_eq!(count(&store, key(1), number), Some(Claim::NotFirst));
    }
    assert_eq!(store.entry_count(), 0);
}

#[test]
fn a_full_store_says_so() {
    let store = MemoryStore::new().with_capacity(0);
    let answer = store
        .claim_once(key(1), owner(key(1)), MINUTE)
        .try_now()
        .unwrap();
    assert_eq!(answer.unwrap_err().to_string(), "the replay store is full");
}

#[test]
fn a_clone_is_the_same_store_and_any_other_is_another() {
    let store = MemoryStore::new();
    assert_eq!(once(&store.clone(), key(1)), Some(Claim::First));
    assert_eq!(once(&store, key(1)), Some(Claim::NotFirst));
    assert_eq!(epoch(&store.clone()), epoch(&store));
    let other = store.clone().with_capacity(10);
    assert_eq!(once(&other, key(1)), Some(Claim::First), "it starts empty");
    assert_ne!(epoch(&other), epoch(&store), "so it starts an epoch");
}

#[test]
fn no_two_stores_have_an_epoch_in_common() {
    let tags: HashSet<_> = (0..1000)
        .map(|_| epoch(&MemoryStore::new()).tag())
        .collect();
    assert_eq!(tags.len(), 1000);
}

#[test]
fn it_shows_how_full_it_is_and_no_key() {
    let store = MemoryStore::new().with_capacity(10);
    assert_eq!(once(&store, key(1)), Some(Claim::First));
    assert_eq!(
        format!("{store:?}"),
        "MemoryStore { held: 1, capacity: 10, .. }"
    );
}

fn by_hand() -> (MemoryStore, ManualClock) {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + MINUTE * 1000);
    (MemoryStore::new().with_clock(clock.clone()), clock)
}

/// One key a number, spread evenly as keys must be: by two odd factors, so that no two numbers have one in common.
fn key(number: u32) -> ClaimKey {
    let number = u128::from(number) + 1;
    let spread = number.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}

/// The answer, which is there at once, or nothing if it is an error.
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

/// Each key is of another account, where that does not matter.
fn owner(key: ClaimKey) -> ClaimHolder {
    ClaimHolder::new(u64::from_le_bytes(
        *key.as_bytes().first_chunk().expect("16 bytes"),
    ))
}

const GUEST: u64 = 0x5a5a_1234_5a5a_9876;

fn by(store: &MemoryStore, number: u32, account: u64) -> Option<Claim> {
    let claim = store.claim_once(key(number), ClaimHolder::new(account), MINUTE);
    claim.try_now().expect("at once").ok()
}

fn first_count(store: &MemoryStore, key: ClaimKey) -> Option<Claim> {
    count(store, key, 1)
}

fn epoch(store: &MemoryStore) -> StoreEpoch {
    store.epoch().try_now().expect("at once").expect("not full")
}
