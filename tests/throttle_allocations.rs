//! How much memory a throttle takes: a bounded amount, however many names flood it; and it forgets no account that is shut (case a124).
//!
//! A crate of its own, because the allocator counts for the whole of it.
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

/// The numbers of the documentation: for a flood, and for a store that is as full as it can be.
const FLOODED: i64 = 16 << 20;
const FULL: i64 = 24 << 20;

/// A million accounts that are tried from a million networks. An owner at a known place gets in all the while.
#[test]
fn a124_a_million_accounts_and_networks_leave_memory_bounded_and_open_no_account() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new().with_clock(clock.clone());
    let throttle = FailureThrottle::new().unwrap().store(store.clone());
    let home = client(u64::MAX >> 9);
    let (owner, shut) = (ClaimedAccount::new("nala"), ClaimedAccount::new("mufasa"));
    let ticket = reserve(&throttle, &owner, &home).unwrap();
    throttle
        .settle(ticket, AttemptOutcome::Success)
        .try_now()
        .unwrap();
    for number in 0..20 {
        assert!(granted(&throttle, &shut, number << 40), "guess {number}");
    }
    assert!(!granted(&throttle, &shut, 99 << 40));
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
        !granted(&throttle, &shut, 98 << 40),
        "an account that was shut"
    );
    assert!(store.entry_count() <= 3 * store.capacity());
    assert!(
        store.shared_reservations() > MILLION - 100_000,
        "and that is told"
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
        "more of them take no more: {}",
        more.bytes_current
    );
}

/// 20 guesses at each of 65,536 accounts and 16 places of each of 16,384 owners, in a store with room for a 16th of that.
#[test]
fn a124_a_store_as_full_as_it_can_be_takes_what_is_said() {
    const PART: u32 = 16;
    let store = MemoryThrottleStore::new().with_capacity((1 << 16) / PART as usize);
    let filled = measure(|| {
        for account in 0..(1 << 16) / PART {
            for tag in 0..20 {
                let _either = reserve_key(&store, account, tag, 0);
            }
            for place in 1..=16 {
                let (attempt, receipt) = reserve_key(&store, account, 100, place);
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
    // Some accounts meet in a lock that is full, and share places: 2 MB however many. Networks take 4 MB more.
    let shared = 2 << 20;
    assert!(filled.bytes_current > shared, "they have");
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
    place: u32,
) -> (ThrottleAttempt, tower_challenge::store::ThrottleReceipt) {
    let attempt = ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(
            key(u64::from(account)),
            key(u64::from(account) + (1 << 40)),
            tag,
        )
        .at_location(place);
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

/// Whether there was an attempt left. It fails.
fn granted(throttle: &FailureThrottle, account: &ClaimedAccount<'_>, network: u64) -> bool {
    reserve(throttle, account, &client(network)).is_some()
}

/// A client in a network of 64 bits of its own.
fn client(network: u64) -> Client {
    let address = Ipv6Addr::from_bits(u128::from(network) << 64 | 0x2a << 120 | 7);
    let mut request = Request::new(());
    let peer = PeerAddress(SocketAddr::new(address.into(), 1));
    request.extensions_mut().insert(peer);
    ClientResolver::by_connection().find(&RequestHead::of(&request))
}

/// A key for each number, spread evenly as keys must be.
fn key(number: u64) -> ClaimKey {
    let spread = (u128::from(number) + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
    let spread = (spread ^ (spread >> 64)).wrapping_mul(0xda94_2042_e4dd_58b5_d120_2e8b_9f7d_c8b1);
    ClaimKey::new((spread ^ (spread >> 64)).to_be_bytes())
}

/// The first decision about an account is to count, at the latest when nothing is remembered of others.
#[test]
fn a_store_without_room_grants_a_first_attempt() {
    let store = MemoryThrottleStore::new().with_capacity(0);
    for account in 0..10_000 {
        let (_, receipt) = reserve_key(&store, account, 1, 0);
        assert_eq!(receipt.decision(), ThrottleDecision::Counted);
    }
}
