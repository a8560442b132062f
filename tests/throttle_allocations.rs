//! How much memory a throttle takes: a fixed amount, whoever floods it; and it forgets nobody who is shut (case a124).
//!
//! A crate of its own, because the allocator counts for the whole of it.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::{Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use http::Request;
use tower_challenge::client::{Client, FindClient, PeerAddress};
use tower_challenge::clock::ManualClock;
use tower_challenge::store::{Budget, Key, MemoryThrottleStore, Reserved, ThrottleStore};
use tower_challenge::throttle::{FailureThrottle, Reservation, Throttle};
use tower_challenge::{Account, RequestHead};

const MILLION: u64 = 1_000_000;

/// What the documentation says: 8 MB for 65,536 keys.
const BOUND: i64 = 8 << 20;

/// As many keys as a million accounts have that are tried from a million networks.
#[test]
fn a124_two_million_keys_take_no_memory_and_open_nobody() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let mut store = None;
    let built = measure(|| store = Some(MemoryThrottleStore::new().with_clock(clock.clone())));
    let store = store.unwrap();
    println!(
        "{} octets for {} keys",
        built.bytes_current,
        store.capacity()
    );
    assert!(built.bytes_current <= BOUND, "{}", built.bytes_current);

    let budget = Budget::failures(5);
    let shut = |key| matches!(reserve(&store, key, &budget), Reserved::Shut(_));
    let hot: Vec<_> = (0..100).map(|number| key(number << 40)).collect();
    for key in &hot {
        assert_eq!((0..5).filter(|_| shut(*key)).count(), 0);
        assert!(shut(*key));
    }
    let flood = measure(|| {
        for number in 0..2 * MILLION {
            let _either = reserve(&store, key(number + 1), &budget);
        }
    });
    assert_eq!(
        (flood.count_total, flood.bytes_max),
        (0, 0),
        "nothing is allocated"
    );
    assert!(
        hot.iter().all(|key| shut(*key)),
        "all that were shut are shut"
    );
    assert!(store.held() <= store.capacity());
    let shared = store.shared_reservations();
    println!("{} of {} keys had to share", shared, 2 * MILLION);
    assert!(shared > 2 * MILLION - 70_000, "and that is told: {shared}");

    // Nobody was forgotten: whoever was tried once has no more than four attempts left.
    for number in (0..2 * MILLION).step_by(1009) {
        let left = (0..6).filter(|_| !shut(key(number + 1))).count();
        assert!(left <= 4, "{number} has {left} attempts left");
    }
}

/// The same through the throttle, where names are folded and hashed: a million accounts, each from a network of its own,
/// and a store that is smaller by far.
#[test]
fn a124_accounts_and_networks_without_end_leave_memory_as_it_was() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new()
        .with_capacity(4096)
        .with_clock(clock);
    let throttle = FailureThrottle::new().unwrap().store(store.clone());
    let throttle = throttle.everybody(Budget::failures(u32::MAX));
    let hot = Account::new("mufasa");
    for number in 0..5 {
        assert!(granted(&throttle, &hot, number << 40), "guess {number}");
    }
    assert!(!granted(&throttle, &hot, 9 << 40));
    let flood = measure(|| {
        for number in 0..MILLION {
            let account = Account::new(format!("user{number}"));
            let _either = granted(&throttle, &account, number);
        }
    });
    println!(
        "{} octets at most while {MILLION} accounts were tried",
        flood.bytes_max
    );
    assert_eq!(flood.bytes_current, 0, "nothing is left of them");
    assert!(
        flood.bytes_max < 4096,
        "{} octets at a time",
        flood.bytes_max
    );
    assert!(
        !granted(&throttle, &hot, 99 << 40),
        "a locked account, locked"
    );
    assert!(store.held() <= store.capacity());
    assert!(store.shared_reservations() > 0);
}

#[test]
fn an_attempt_costs_few_allocations() {
    let throttle = FailureThrottle::new().unwrap();
    let (account, client) = (Account::new("mufasa"), client(1));
    let request = Request::new(());
    let head = RequestHead::of(&request);
    let reserve = || throttle.reserve(Some(&account), &client, &head).try_now();
    let attempt = measure(|| {
        let Ok(Ok(Reservation::Granted(_))) = reserve() else {
            panic!("there are five")
        };
    });
    println!("{} allocations for an attempt", attempt.count_total);
    assert!(attempt.count_total <= 8, "{}", attempt.count_total);
}

fn reserve(store: &MemoryThrottleStore, key: Key, budget: &Budget) -> Reserved {
    let reserved = store.reserve(key, budget).try_now();
    reserved.ok().unwrap().unwrap()
}

/// Whether there was an attempt left. It fails.
fn granted(throttle: &FailureThrottle, account: &Account<'_>, network: u64) -> bool {
    let request = Request::new(());
    let reserved = throttle.reserve(Some(account), &client(network), &RequestHead::of(&request));
    matches!(reserved.try_now(), Ok(Ok(Reservation::Granted(_))))
}

/// A client in a network of 64 bits of its own.
fn client(network: u64) -> Client {
    let address = Ipv6Addr::from_bits(u128::from(network) << 64 | 0x2a << 120 | 7);
    let mut request = Request::new(());
    let peer = PeerAddress(SocketAddr::new(address.into(), 1));
    request.extensions_mut().insert(peer);
    FindClient::by_connection().find(&RequestHead::of(&request))
}

/// One key a number, spread evenly as keys must be.
fn key(number: u64) -> Key {
    let spread = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    Key::new((spread ^ (spread >> 64)).to_be_bytes())
}

#[test]
fn a_wait_ends_when_it_says_however_full_the_store_is() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new()
        .with_capacity(0)
        .with_clock(clock.clone());
    let budget = Budget::failures(1).delay(Duration::from_secs(1), Duration::from_secs(9));
    for number in 0..200_000 {
        let _either = reserve(&store, key(number), &budget);
    }
    clock.advance(Duration::from_secs(9));
    let open = (0..1000)
        .filter(|it| matches!(reserve(&store, key(*it), &budget), Reserved::Granted { .. }));
    assert!(open.count() > 900, "but for those that meet here, too");
}
