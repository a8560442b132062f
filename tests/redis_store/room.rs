//! Tests of the room for records: a flood of made-up names and networks takes a bounded part of the server's memory, makes
//! the store stricter, and forgets nothing.

use std::collections::BTreeMap;
use std::time::Duration;

use ::redis::Commands;
use tower_challenge::clock::Clock;
use tower_challenge::store::{
    NetworkLimit, RedisStore, Settlement, ThrottleAttempt, ThrottleDecision, ThrottleLimits,
    ThrottleReceipt, ThrottleStore, UnfamiliarLimit,
};

use crate::backend::{builder, cluster_builder, start, wait};
use crate::model::{AnyTime, History};
use crate::operations::key;
use crate::redis::{RedisCluster, RedisServer};

const DAY_IN_MINUTES: u64 = 24 * 60;

/// A guess at an account, from a network of its own.
fn guess(account: u32, tag: u32, network: u32) -> ThrottleAttempt {
    ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(key(account), key(account + 1_000_000_000), tag)
        .at_location(network)
        .on_network(key(spread(network)), key(!spread(network)))
}

/// The records of unfamiliar locations know a subnet by the first two bytes of its key.
fn spread(network: u32) -> u32 {
    network.wrapping_mul(0x9e37_79b1)
}

fn reserve(store: &RedisStore, attempt: &ThrottleAttempt) -> ThrottleReceipt {
    wait(store.reserve(attempt)).unwrap()
}

/// Fails to log in to an account, from a new network each time, until the store refuses. Returns how often it did not.
fn failures_until_refused(store: &RedisStore, account: u32, first_network: u32) -> u32 {
    let tries = (0..100).map(|number| guess(account, number, first_network + number));
    let granted = tries.take_while(|attempt| reserve(store, attempt).is_granted());
    u32::try_from(granted.count()).unwrap()
}

/// How many keys of each kind a server has, and how many bytes the values have that are strings.
fn keys_by_kind(server: &RedisServer) -> BTreeMap<char, (usize, usize)> {
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let keys: Vec<Vec<u8>> = connection.keys("tc*").unwrap();
    let mut kinds = BTreeMap::new();
    for key in keys {
        let (count, bytes) = kinds.entry(char::from(key[6])).or_insert((0, 0));
        let length: usize = match key[6] {
            b'a' | b'w' => 0,
            _ => connection.strlen(&key).unwrap(),
        };
        (*count, *bytes) = (*count + 1, *bytes + length);
    }
    kinds
}

#[test]
fn a_flood_of_made_up_names_and_networks_is_bounded_and_spares_those_who_have_a_record() {
    const CAPACITY: u32 = 1280;
    let server = RedisServer::start();
    let clock = AnyTime::new();
    let store = start(
        builder(&server)
            .capacity(CAPACITY)
            .throttle_clock(clock.clone()),
    );
    let (known, at_home, new) = (1, 2, 3);
    for tag in 0..5 {
        assert!(reserve(&store, &guess(known, 1000 + tag, 10 + tag)).is_granted());
    }
    let home = guess(at_home, 7, 20);
    wait(store.settle(&home, Settlement::MarkFamiliar)).unwrap();

    for name in 0..6000 {
        let _counted = reserve(&store, &guess(1000 + name, 7, 100_000 + name));
    }
    let kinds = keys_by_kind(&server);
    println!("keys and bytes after 6,000 made-up names: {kinds:?}");
    // Each step begins one record of an account and two of a network at most, if there was room for one.
    let most = usize::try_from(CAPACITY).unwrap();
    assert!((most - 128..=most).contains(&kinds[&'u'].0), "{kinds:?}");
    let networks = 2 * most - 256..=2 * most + 64;
    assert!(networks.contains(&kinds[&'n'].0), "{kinds:?}");
    assert_eq!(kinds[&'b'], (64, 64 * 16_384 * 8));
    assert_eq!(kinds[&'y'], (64, 64 * 8192 * 8));
    let shared = store.shared_reservations();
    assert!((4000..6000).contains(&shared), "{shared}");

    assert_eq!(failures_until_refused(&store, known, 300_000), 15);
    assert_eq!(
        reserve(&store, &home).decision(),
        ThrottleDecision::Admitted
    );
    let of_new = failures_until_refused(&store, new, 400_000);
    assert!((10..=20).contains(&of_new), "{of_new}");

    // 25 days later all of it is forgiven, and there is room again.
    clock.pass(25 * DAY_IN_MINUTES);
    let before = store.shared_reservations();
    for name in 0..400 {
        assert!(reserve(&store, &guess(500_000 + name, 7, 500_000 + name)).is_granted());
    }
    assert_eq!(store.shared_reservations(), before);
    assert_eq!(failures_until_refused(&store, new, 600_000), 20);
}

#[test]
fn logins_that_succeed_give_their_room_back() {
    let server = RedisServer::start();
    // Each part has room for one account.
    let store = start(builder(&server).capacity(64));
    for number in 0..2000 {
        let login = guess(number, 7, 10_000 + number);
        let receipt = reserve(&store, &login);
        assert_eq!(receipt.decision(), ThrottleDecision::Counted);
        let settlement = match number % 2 {
            0 => Settlement::Success(receipt),
            _ => Settlement::Undone(receipt),
        };
        wait(store.settle(&login, settlement)).unwrap();
    }
    assert_eq!(store.shared_reservations(), 0);
}

#[test]
fn shared_slots_get_back_the_attempts_that_did_not_fail() {
    let server = RedisServer::start();
    let store = start(builder(&server).capacity(0));
    for number in 0..500 {
        let attempt = guess(1, number, 7);
        let receipt = reserve(&store, &attempt);
        assert!(receipt.is_granted(), "{number}");
        let settlement = match number % 2 {
            0 => Settlement::Success(receipt),
            _ => Settlement::Undone(receipt),
        };
        // The location is familiar after the first success, and then asks no slot. So each attempt has its own.
        wait(store.settle(&attempt.at_location(1000 + number), settlement)).unwrap();
    }
    assert_eq!(store.shared_reservations(), 500);
    let kinds = keys_by_kind(&server);
    assert!(!kinds.contains_key(&'u') && !kinds.contains_key(&'n'));
    assert_eq!(failures_until_refused(&store, 1, 50_000), 20);
    wait(store.settle(&guess(1, 0, 0), Settlement::Unlock)).unwrap();
    assert_eq!(
        failures_until_refused(&store, 1, 60_000),
        0,
        "an operator unlocks a record, and not the slots of others"
    );
}

/// A flood consists of such attempts, and a write goes to the replicas and to the append-only file.
#[test]
fn an_attempt_that_is_refused_writes_no_shared_slots() {
    let server = RedisServer::start();
    let store = start(builder(&server).capacity(0));
    assert_eq!(failures_until_refused(&store, 1, 1000), 20);
    let from_there = |number| guess(1, 100 + number, 1000);
    assert!(!reserve(&store, &from_there(0)).is_granted());
    let before = server.calls("bitfield");
    for number in 1..50 {
        assert!(!reserve(&store, &from_there(number)).is_granted());
        // From a network that has no attempt.
        assert!(!reserve(&store, &guess(1, 200 + number, 5000 + number)).is_granted());
    }
    assert_eq!(server.calls("bitfield"), before);
}

/// An application may choose limits with which one failure is remembered for months. Each record takes room until it ends.
#[test]
fn records_that_live_for_long_take_room_until_they_end() {
    let server = RedisServer::start();
    let clock = AnyTime::new();
    // Each part has room for one account and two networks.
    let store = builder(&server).capacity(64);
    let store = start(store.throttle_clock(clock.clone()));
    let month = Duration::from_secs(30 * 24 * 60 * 60);
    let limits = ThrottleLimits::new()
        .unfamiliar(UnfamiliarLimit::new(5, 10 * month, 5))
        .subscriber(NetworkLimit::new(50, month))
        .subnet(NetworkLimit::new(500, Duration::MAX));
    // The server's own clock stands still, so it deletes no record.
    for days in [0, 3, 3, 3, 3, 3, 63] {
        clock.pass(days * DAY_IN_MINUTES);
        let first = u32::try_from(clock.monotonic().as_secs() / 1000).unwrap();
        for number in first..first + 200 {
            let _counted = reserve(&store, &guess(number, 7, number).with_limits(limits));
        }
        let kinds = keys_by_kind(&server);
        // Networks from before may have ended before the last round.
        let most = if days > 30 { 400 } else { 192 };
        assert!(kinds[&'u'].0 <= 64 && kinds[&'n'].0 <= most, "{kinds:?}");
    }
}

/// How long a span of time is, in which the records of accounts or of networks end.
const ACCOUNT_SPAN: Duration = Duration::from_secs(12 * 60 * 60);
const NETWORK_SPAN: Duration = Duration::from_secs(30 * 60);

/// The end of the span in which a record ends.
fn end_of_span(kind: u8, record: &[u8]) -> Duration {
    let length = if kind == b'u' {
        ACCOUNT_SPAN
    } else {
        NETWORK_SPAN
    };
    let (_, number) = record.split_last_chunk().unwrap();
    length * (u32::from_be_bytes(*number) + 1)
}

/// Deletes the records that have ended, as the server does: its own clock stands still, compared with that of a test. Returns
/// how many records are left, and how many the tables of the store count.
fn records_and_counts(server: &RedisServer, now: Duration) -> [i64; 2] {
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let keys: Vec<Vec<u8>> = connection.keys("tc*").unwrap();
    let (mut records, mut counted) = (0, 0);
    for key in keys {
        match key[6] {
            b'u' | b'n' => {
                let record: Vec<u8> = connection.get(&key).unwrap();
                match end_of_span(key[6], &record) <= now {
                    true => connection.del(&key).unwrap(),
                    false => records += 1,
                }
            }
            b'a' | b'w' => {
                let fields: BTreeMap<String, i64> = connection.hgetall(&key).unwrap();
                let spans = fields
                    .iter()
                    .filter_map(|(name, count)| Some((name.parse().ok()?, *count)));
                let spans: Vec<(u32, i64)> = spans.collect();
                let of_all: i64 = spans.iter().map(|(_, count)| count).sum();
                assert_eq!(of_all, fields["total"], "{fields:?}");
                // The next step at this table forgets the spans that are past.
                let length = if key[6] == b'a' {
                    ACCOUNT_SPAN
                } else {
                    NETWORK_SPAN
                };
                let ahead = spans.iter().filter(|(span, _)| length * (span + 1) > now);
                counted += ahead.map(|(_, count)| count).sum::<i64>();
            }
            _ => {}
        }
    }
    [records, counted]
}

#[test]
fn the_tables_count_every_record_of_layers_with_different_limits() {
    let server = RedisServer::start();
    let clock = AnyTime::new();
    let store = start(builder(&server).throttle_clock(clock.clone()));
    let hour = Duration::from_secs(60 * 60);
    let limits = [
        ThrottleLimits::new(),
        ThrottleLimits::new().unfamiliar(UnfamiliarLimit::open()),
        ThrottleLimits::new().unfamiliar(UnfamiliarLimit::new(8, hour, 8).lockout_after(3)),
        ThrottleLimits::new().unfamiliar(UnfamiliarLimit::new(20, Duration::MAX, 5)),
    ];
    let mut seen = Vec::new();
    for round in 0..40_u32 {
        for number in 0..50 {
            let chosen = spread(round * 50 + number);
            let [account, tag, network, how] = chosen.to_be_bytes();
            let attempt = guess(u32::from(account % 40), u32::from(tag % 3), network.into());
            let attempt = attempt.with_limits(limits[usize::from(how % 4)]);
            let receipt = reserve(&store, &attempt);
            let settlement = match how / 4 % 8 {
                0 => Settlement::Success(receipt),
                1 => Settlement::Undone(receipt),
                2 if account == 7 => Settlement::Unlock,
                3 => Settlement::MarkFamiliar,
                _ => continue,
            };
            wait(store.settle(&attempt, settlement)).unwrap();
        }
        let [records, counted] = records_and_counts(&server, clock.monotonic());
        seen.push(records);
        assert_eq!(counted, records, "round {round}: {seen:?}");
        clock.pass(if round % 5 == 0 {
            3 * DAY_IN_MINUTES
        } else {
            17
        });
    }
    assert!(seen.iter().any(|records| *records > 40), "{seen:?}");
}

#[test]
fn there_is_room_again_after_the_clock_was_set_back() {
    let server = RedisServer::start();
    let clock = AnyTime::new();
    // Each part has room for 100 accounts.
    let store = builder(&server).capacity(6400);
    let store = start(store.throttle_clock(clock.clone()));
    let fail = |accounts: std::ops::Range<u32>| {
        for number in accounts {
            assert!(reserve(&store, &guess(number, 7, number)).is_granted());
        }
    };
    let year = 365 * DAY_IN_MINUTES;
    fail(0..200);
    clock.pass(year);
    fail(1000..1200);
    clock.step_back(year);
    // The tables do not count the records from before any more. That must not make a count negative.
    clock.pass(DAY_IN_MINUTES);
    for tag in 1..=3 {
        for number in 0..200 {
            reserve(&store, &guess(number, 7 + tag, 20_000 + number));
        }
    }
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let tables: Vec<Vec<u8>> = connection.keys("tc*").unwrap();
    for table in tables.iter().filter(|key| matches!(key[6], b'a' | b'w')) {
        let fields: BTreeMap<String, i64> = connection.hgetall(table).unwrap();
        assert!(fields.values().all(|count| *count >= 0), "{fields:?}");
    }
    for round in 0..12 {
        clock.pass(5 * DAY_IN_MINUTES);
        fail(100_000 + 1000 * round..101_000 + 1000 * round);
        assert_eq!(store.shared_reservations(), 0, "round {round}");
    }
}

/// Runs random histories through a store with little room. It may be stricter than the rules, and never more lenient.
/// Shared slots do not limit a subnet to its share, and begin no lockout, so these are off. Returns how many attempts the
/// store granted, and how many of all it counted in shared slots.
fn histories_of(
    seeds: std::ops::Range<u8>,
    start_store: impl Fn(AnyTime) -> RedisStore,
) -> (u32, u64) {
    let (mut granted, mut shared) = (0, 0);
    for seed in seeds {
        let (mut history, clock) = History::new(seed);
        let (failures, every) = (3 + seed % 5, Duration::from_secs(60 * 60));
        let limits = ThrottleLimits::new().unfamiliar(UnfamiliarLimit::new(failures, every, 255));
        history.limits = limits;
        let store = start_store(clock);
        granted += history.run_without_leniency(&store).granted;
        shared += store.shared_reservations();
    }
    (granted, shared)
}

#[test]
fn a_store_with_little_room_grants_no_attempt_that_the_rules_refuse() {
    let server = RedisServer::start();
    for (capacity, least_shared) in [(0, 1000), (64, 1), (256, 0)] {
        let (granted, shared) = histories_of(0..15, |clock| {
            server.command(&["FLUSHALL"]);
            start(builder(&server).capacity(capacity).throttle_clock(clock))
        });
        println!("room for {capacity}: {granted} granted, {shared} in shared slots");
        assert!(granted > 500 && shared >= least_shared);
    }
}

#[test]
fn a_cluster_with_little_room_grants_no_attempt_that_the_rules_refuse() {
    let cluster = RedisCluster::start();
    let (granted, shared) = histories_of(15..25, |clock| {
        for master in &cluster.masters {
            master.command(&["FLUSHALL"]);
        }
        start(cluster_builder(&cluster).capacity(64).throttle_clock(clock))
    });
    println!("{granted} granted, {shared} in shared slots");
    assert!(granted > 300 && shared > 0);
}
