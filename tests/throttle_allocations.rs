//! Tests that the throttle takes a bounded amount of memory in a flood of names, and forgets no exhausted account then
//! (case a124).
//!
//! This test is a crate of its own, because the allocator counts for a whole process.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

use std::net::{Ipv6Addr, SocketAddr};
use std::time::{Duration, SystemTime};

use allocation_counter::measure;
use http::Request;
use tower_challenge::client::{Client, ClientResolver, PeerAddress};
use tower_challenge::clock::ManualClock;
use tower_challenge::store::{
    ClaimKey, MemoryThrottleStore, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits,
    ThrottleStore,
};
use tower_challenge::throttle::{
    AttemptOutcome, FailureThrottle, Reservation, Throttle, ThrottleTicket,
};
use tower_challenge::{ClaimedAccount, RequestHead, Secret};

const MILLION: u64 = 1_000_000;

/// The documented limits in bytes: after a flood, and for a store that is as full as it can be.
const FLOODED: i64 = 16 << 20;
const FULL: i64 = 24 << 20;

/// An attacker tries a million accounts from a million networks. An owner at a familiar location gets in all the while.
#[test]
fn a124_a_flood_of_a_million_accounts_takes_bounded_memory_and_frees_no_exhausted_account() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new().with_clock(clock.clone());
    let throttle = FailureThrottle::new().unwrap().store(store.clone());
    let home = client(u64::MAX >> 9);
    let (owner, exhausted) = (ClaimedAccount::new("nala"), ClaimedAccount::new("mufasa"));
    let ticket = reserve(&throttle, &owner, &home).unwrap();
    throttle
        .settle(ticket, AttemptOutcome::Success)
        .try_now()
        .unwrap();
    for number in 0..20 {
        assert!(
            granted(&throttle, &exhausted, number << 40),
            "guess {number}"
        );
    }
    assert!(!granted(&throttle, &exhausted, 99 << 40));
    let flood = measure(|| {
        for number in 0..MILLION {
            let account = ClaimedAccount::new(format!("user{number}"));
            let _either = granted(&throttle, &account, number << 20);
            if number % 1000 == 0 {
                let ticket = reserve(&throttle, &owner, &home);
                throttle
                    .settle(ticket.unwrap(), AttemptOutcome::Success)
                    .try_now()
                    .unwrap();
            }
        }
    });
    println!(
        "{} bytes for {} records, {} at most, while {MILLION} accounts were tried; {} attempts shared",
        flood.bytes_current,
        store.entry_count(),
        flood.bytes_max,
        store.shared_reservations()
    );
    assert!(flood.bytes_current <= FLOODED, "{}", flood.bytes_current);
    assert!(
        !granted(&throttle, &exhausted, 98 << 40),
        "an exhausted account"
    );
    assert!(store.entry_count() <= 3 * store.capacity());
    assert!(
        store.shared_reservations() > MILLION - 100_000,
        "the store counts its shared reservations"
    );
    clock.advance(Duration::from_secs(60));
    let more = measure(|| {
        for number in MILLION..MILLION + MILLION / 10 {
            let account = ClaimedAccount::new(format!("user{number}"));
            let _either = granted(&throttle, &account, number << 20);
        }
    });
    assert!(
        more.bytes_current <= 0,
        "more accounts take no more memory: {}",
        more.bytes_current
    );
}

/// Makes 20 guesses at each account and logs in at 16 locations of each owner, in a store with a 16th of the default
/// room: 4,096 accounts.
#[test]
fn a124_a_full_store_takes_no_more_memory_than_the_documentation_says() {
    const PART: u32 = 16;
    let store = MemoryThrottleStore::new().with_capacity((1 << 16) / PART as usize);
    let filled = measure(|| {
        for account in 0..(1 << 16) / PART {
            for tag in 0..20 {
                let _either = reserve_key(&store, account, tag, 0);
            }
            for location in 1..=16 {
                let (attempt, receipt) = reserve_key(&store, account, 100, location);
                if receipt.is_granted() {
                    let right = Settlement::Success(receipt);
                    store
                        .settle(&attempt, right)
                        .try_now()
                        .ok()
                        .unwrap()
                        .unwrap();
                }
            }
            for tag in 200..232 {
                let _either = reserve_key(&store, account, tag, tag % 16 + 1);
            }
        }
    });
    // Some accounts belong to a part that is full, and use shared slots. These take 2 MB for any number of accounts.
    // Networks take 4 MB more.
    let shared = 2 << 20;
    assert!(
        filled.bytes_current > shared,
        "the shared slots are allocated"
    );
    let whole = (filled.bytes_current - shared).max(0) * i64::from(PART) + shared + (4 << 20);
    println!(
        "{} bytes in a part, {whole} in the whole",
        filled.bytes_current
    );
    assert!(whole <= FULL, "{whole}");
}

fn reserve_key(
    store: &MemoryThrottleStore,
    account: u32,
    tag: u32,
    location: u32,
) -> (ThrottleAttempt, tower_challenge::store::ThrottleReceipt) {
    let attempt = ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(
            key(u64::from(account)),
            key(u64::from(account) + (1 << 40)),
            tag,
        )
        .at_location(location);
    let receipt = store.reserve(&attempt).try_now().ok().unwrap().unwrap();
    (attempt, receipt)
}

#[test]
fn an_attempt_costs_few_allocations() {
    let throttle = FailureThrottle::new().unwrap();
    let (account, client) = (ClaimedAccount::new("mufasa"), client(1));
    let secret = account.with_secret(Secret::new("bXVmYXNhOmhha3VuYQ=="));
    for _ in 0..2 {
        let attempt = measure(|| {
            let ticket = reserve(&throttle, &secret, &client).unwrap();
            throttle
                .settle(ticket, AttemptOutcome::Success)
                .try_now()
                .unwrap();
        });
        println!("{} allocations for an attempt", attempt.count_total);
        assert!(attempt.count_total <= 20, "{}", attempt.count_total);
    }
}

fn reserve(
    throttle: &FailureThrottle,
    account: &ClaimedAccount<'_>,
    client: &Client,
) -> Option<ThrottleTicket> {
    let request = Request::new(());
    let reserved = throttle.reserve(Some(account), client, &RequestHead::of(&request));
    match reserved.try_now() {
        Ok(Ok(Reservation::Granted(ticket))) => Some(ticket),
        _ => None,
    }
}

/// Whether the throttle grants an attempt. The attempt is not settled, so it counts as a failure.
fn granted(throttle: &FailureThrottle, account: &ClaimedAccount<'_>, network: u64) -> bool {
    reserve(throttle, account, &client(network)).is_some()
}

/// Makes a client in an IPv6 /64 of its own.
fn client(network: u64) -> Client {
    let address = Ipv6Addr::from_bits(u128::from(network) << 64 | 0x2a << 120 | 7);
    let mut request = Request::new(());
    let peer = PeerAddress(SocketAddr::new(address.into(), 1));
    request.extensions_mut().insert(peer);
    ClientResolver::by_connection().find(&RequestHead::of(&request))
}

/// Makes a key from a number. Keys must be spread evenly.
fn key(number: u64) -> ClaimKey {
    let spread = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}

/// A store without room must still grant the first attempt at each account.
#[test]
fn a_store_without_room_grants_the_first_attempt_at_each_account() {
    let store = MemoryThrottleStore::new().with_capacity(0);
    for account in 0..10_000 {
        let (_, receipt) = reserve_key(&store, account, 1, 0);
        assert_eq!(receipt.decision(), ThrottleDecision::Counted);
    }
}
