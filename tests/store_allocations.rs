//! How much memory the store takes: a bounded amount, whatever is claimed.
//!
//! A crate of its own, because the allocator counts for the whole of it.
#![cfg(feature = "testing")]

use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use tower_challenge::clock::ManualClock;
use tower_challenge::store::{Claim, ClaimHolder, ClaimKey, MAX_COUNT, MemoryStore, ReplayStore};

const MINUTE: Duration = Duration::from_secs(60);

const CAPACITY: u32 = 100_000;
const MILLION: u32 = 1_000_000;

#[test]
fn a_million_keys_that_a_full_store_refuses_leave_memory_as_it_was() {
    let store = MemoryStore::new().with_capacity(1000);
    assert_eq!(granted(&store, 0..1000), 1000);
    let grown = measure(|| assert_eq!(granted(&store, 1000..MILLION), 0));
    assert_eq!((grown.bytes_current, store.entry_count()), (0, 1000));
    assert!(
        grown.bytes_max < 200,
        "an error at a time, not {} octets",
        grown.bytes_max
    );
}

#[test]
fn a_million_keys_that_come_and_go_take_no_more_room_than_the_capacity() {
    let (clock, store) = by_hand();
    let grown = measure(|| {
        for generation in 0..12 {
            let first = generation * CAPACITY;
            assert!(granted(&store, first..first + CAPACITY) > CAPACITY * 9 / 10);
            clock.advance(MINUTE * 2);
        }
    });
    assert!(store.entry_count() <= CAPACITY as usize);
    let each = grown.bytes_max / u64::from(CAPACITY);
    println!("{each} octets a key at most");
    assert!(each <= 260, "{each} octets a key");
}

#[test]
fn a_store_full_of_high_counts_takes_what_the_documentation_says() {
    let (clock, store) = by_hand();
    let grown = measure(|| {
        for number in 0..MILLION {
            let new_or_refused = store
                .claim_count(key(number), owner(number), MAX_COUNT, MINUTE)
                .try_now();
            assert!(!matches!(new_or_refused, Ok(Ok(Claim::NotFirst))));
            clock.advance(MINUTE / (CAPACITY + CAPACITY / 50));
        }
    });
    println!(
        "{} octets for {} keys",
        grown.bytes_max,
        store.entry_count()
    );
    assert!(grown.bytes_max < 75 << 20, "{} octets", grown.bytes_max);
}

#[test]
fn a_known_key_allocates_nothing_but_once_for_its_high_counts() {
    let (clock, store) = by_hand();
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
    assert_eq!(allocations(&mut years), 0, "however often it is prolonged");
}

fn by_hand() -> (ManualClock, MemoryStore) {
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

/// Each key is of another account, which takes more room than several of one.
fn owner(number: u32) -> ClaimHolder {
    ClaimHolder::new(u64::from(number).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}

/// One key a number, spread evenly as keys must be.
fn key(number: u32) -> ClaimKey {
    let spread = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}
