//! Tests that the replay store takes a bounded amount of memory, for all keys that clients can claim.
//!
//! This test is a crate of its own, because the allocator counts for a whole process.
#![cfg(feature = "testing")]

use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use tower_challenge::clock::ManualClock;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, MemoryStore, ReplayStore};

const MINUTE: Duration = Duration::from_secs(60);

const CAPACITY: u32 = 100_000;
const MILLION: u32 = 1_000_000;

#[test]
fn a_full_store_that_refuses_a_million_keys_takes_no_more_memory() {
    let store = MemoryStore::new().with_capacity(1000);
    assert_eq!(granted(&store, 0..1000), 1000);
    let grown = measure(|| assert_eq!(granted(&store, 1000..MILLION), 0));
    assert_eq!((grown.bytes_current, store.entry_count()), (0, 1000));
    assert!(
        grown.bytes_max < 200,
        "one error at a time must fit, not {} bytes",
        grown.bytes_max
    );
}

#[test]
fn a_million_keys_that_expire_take_no_more_memory_than_the_capacity_does() {
    let (clock, store) = store_with_manual_clock();
    let grown = measure(|| {
        for generation in 0..12 {
            let first = generation * CAPACITY;
            assert!(granted(&store, first..first + CAPACITY) > CAPACITY * 9 / 10);
            clock.advance(MINUTE * 2);
        }
    });
    assert!(store.entry_count() <= CAPACITY as usize);
    let each = grown.bytes_max / u64::from(CAPACITY);
    println!("{each} bytes a key at most");
    assert!(each <= 260, "{each} bytes a key");
}

#[test]
fn a_store_full_of_high_counts_takes_what_the_documentation_says() {
    let (clock, store) = store_with_manual_clock();
    let grown = measure(|| {
        for number in 0..MILLION {
            let new_or_refused = store
                .claim_count(key(number), owner(number), MAX_COUNT, MINUTE)
                .try_now();
            assert!(!matches!(new_or_refused, Ok(Ok(Claim::NotFirst))));
            clock.advance(MINUTE / (CAPACITY + CAPACITY / 50));
        }
    });
    println!("{} bytes for {} keys", grown.bytes_max, store.entry_count());
    assert!(grown.bytes_max < 75 << 20, "{} bytes", grown.bytes_max);
}

#[test]
fn claims_of_a_held_key_allocate_once_for_its_high_counts_and_else_never() {
    let (clock, store) = store_with_manual_clock();
    let key = key(1);
    assert_eq!(count(&store, key, 1), Claim::First);
    let allocations = |numbers: &mut dyn Iterator<Item = u32>| {
        let claims = measure(|| {
            for number in numbers {
                let _either = count(&store, key, number);
            }
        });
        claims.count_total
    };
    assert_eq!(allocations(&mut (1..=127)), 0);
    assert_eq!(allocations(&mut (128..=MAX_COUNT)), 1);
    let mut years = (0..MILLION).map(|number| {
        clock.advance(MINUTE / 4);
        number % (MAX_COUNT + 2)
    });
    assert_eq!(
        allocations(&mut years),
        0,
        "prolonging a key allocates nothing"
    );
}

fn store_with_manual_clock() -> (ManualClock, MemoryStore) {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryStore::new().with_capacity(CAPACITY as usize);
    (clock.clone(), store.with_clock(clock))
}

fn granted(store: &MemoryStore, numbers: std::ops::Range<u32>) -> u32 {
    let claim = |number| {
        store
            .claim_once(key(number), owner(number), MINUTE)
            .try_now()
            .expect("at once")
    };
    let answers = numbers.map(|number| matches!(claim(number), Ok(Claim::First)));
    answers.map(u32::from).sum()
}

fn count(store: &MemoryStore, key: ClaimKey, number: u32) -> Claim {
    let answer = store.claim_count(key, owner(0), number, MINUTE).try_now();
    answer.expect("at once").expect("not full")
}

/// Returns an account for a key. Each key has an account of its own, which takes more memory than one account with
/// several keys.
fn owner(number: u32) -> ClaimHolder {
    ClaimHolder::new(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// Makes a key from a number. Keys must be spread evenly.
fn key(number: u32) -> ClaimKey {
    let spread = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}
