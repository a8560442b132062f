//! Tests of single operations: how many round trips they take, the share of an account, and what the keys reveal.

use std::sync::Barrier;
use std::thread;
use std::time::Duration;

use ::redis::Commands;
use tower_challenge::Unavailable;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, MAX_COUNT, RedisStore, ReplayStore, Settlement, ThrottleAttempt,
    ThrottleLimits, ThrottleStore,
};

use crate::backend::{KEY, PATIENT, builder, cluster_builder, connect, start, wait};
use crate::redis::{RedisCluster, RedisServer};

const MINUTE: Duration = Duration::from_secs(60);
const ADA: ClaimHolder = ClaimHolder::new(0xada);

pub(crate) fn key(number: u32) -> ClaimKey {
    let mut bytes = [0; 16];
    bytes[..4].copy_from_slice(&number.to_be_bytes());
    ClaimKey::new(bytes)
}

pub(crate) fn claim(
    store: &RedisStore,
    key: ClaimKey,
    holder: ClaimHolder,
) -> Result<Claim, Unavailable> {
    wait(store.claim_once(key, holder, MINUTE))
}

fn attempt(number: u32) -> ThrottleAttempt {
    ThrottleAttempt::new(ThrottleLimits::new())
        .for_account(key(number), key(number + 1_000_000), number)
        .at_location(number)
        .on_network(key(number + 2_000_000), key(number + 3_000_000))
}

/// How many scripts the clients of these servers have called since the last time.
fn calls(servers: &[RedisServer]) -> u64 {
    let calls = servers.iter().map(|server| {
        let calls = server.calls("evalsha") + server.calls("eval");
        server.command(&["CONFIG", "RESETSTAT"]);
        calls
    });
    calls.sum()
}

/// Runs each operation 100 times. Returns how many calls each of them takes on average, without those of the look at the
/// server once a second.
fn calls_of_operations(store: &RedisStore, servers: &[RedisServer]) -> [(&'static str, f64); 6] {
    let (mut number, clock) = (0, SystemClock::new());
    let mut count = |name, operation: &dyn Fn(u32)| {
        for warm_up in 0..400 {
            operation(number + warm_up);
        }
        number += 1000;
        calls(servers);
        let start = clock.monotonic();
        for one in 0..1000 {
            operation(number + one);
        }
        number += 1000;
        // A look at the server is at most one call for each of 64 parts.
        let looks = (clock.monotonic() - start).as_secs_f64().ceil() * 64.0;
        let calls = u32::try_from(calls(servers)).unwrap();
        (name, ((f64::from(calls) - looks) / 1000.0).round())
    };
    [
        count("claim once", &|one| {
            let _claim = claim(store, key(one), ADA).unwrap();
        }),
        count("claim a count", &|one| {
            let counted = store.claim_count(key(one), ADA, 1 + one % MAX_COUNT, MINUTE);
            let _claim = wait(counted).unwrap();
        }),
        count("reserve at an unfamiliar location", &|one| {
            assert!(wait(store.reserve(&attempt(one))).unwrap().is_granted());
        }),
        count("reserve and settle a success", &|one| {
            let receipt = wait(store.reserve(&attempt(one))).unwrap();
            wait(store.settle(&attempt(one), Settlement::Success(receipt))).unwrap();
        }),
        count("reserve at a familiar location", &|one| {
            let home = attempt(one % 2 + 90_000_000);
            if one % 1000 < 2 {
                wait(store.settle(&home, Settlement::MarkFamiliar)).unwrap();
            }
            assert!(wait(store.reserve(&home)).unwrap().is_granted());
        }),
        count("mark a location as familiar", &|one| {
            wait(store.settle(&attempt(one), Settlement::MarkFamiliar)).unwrap();
        }),
    ]
}

#[test]
fn each_operation_is_one_call_on_one_server() {
    let servers = [RedisServer::start()];
    let store = start(builder(&servers[0]));
    for (name, calls) in calls_of_operations(&store, &servers) {
        let expected = if name.contains("settle") { 2.0 } else { 1.0 };
        assert!(calls <= expected, "{name}: {calls} calls");
    }
    for command in ["multi", "mget", "script|load"] {
        assert_eq!(servers[0].calls(command), 0, "{command}");
    }
}

/// The account and the network of an attempt are on different nodes.
#[test]
fn each_operation_is_one_call_for_each_node_of_a_cluster_that_it_concerns() {
    let cluster = RedisCluster::start();
    let store = start(cluster_builder(&cluster));
    let expected = [1.0, 1.0, 2.0, 4.0, 1.0, 1.0];
    let counted = calls_of_operations(&store, &cluster.masters);
    for ((name, calls), expected) in counted.into_iter().zip(expected) {
        assert!(calls <= expected, "{name}: {calls} calls");
    }
}

#[test]
fn an_account_that_holds_its_share_gets_no_new_key_and_another_account_does() {
    let server = RedisServer::start();
    let store = start(builder(&server).share(6400));
    // So long that few keys are forgiven during the test.
    let claim_for_an_hour =
        |store: &RedisStore, key, holder| wait(store.claim_once(key, holder, MINUTE * 60));
    let granted = (0..20_000).filter(|number| claim_for_an_hour(&store, key(*number), ADA).is_ok());
    let granted = granted.count();
    assert!(
        (6000..=6700).contains(&granted),
        "{granted} of a share of 6,400"
    );
    let refused = claim_for_an_hour(&store, key(50_000), ADA).map_err(|why| why.to_string());
    assert!(refused.is_err_and(|why| why.contains("holds its share")));
    let again = claim_for_an_hour(&store, key(0), ADA);
    assert_eq!(again.unwrap(), Claim::NotFirst, "a key that it holds");
    let counted = wait(store.claim_count(key(0), ADA, 7, MINUTE));
    assert_eq!(
        counted.unwrap(),
        Claim::First,
        "a count of a key that it holds"
    );
    let others = (0..500).filter(|number| {
        let other = ClaimHolder::new(u64::from(*number) * 77 + 1);
        claim_for_an_hour(&store, key(100_000 + number), other).is_ok()
    });
    assert!(others.count() >= 498, "few share a slot with the account");
}

#[test]
fn an_account_has_its_share_once_for_all_times_to_live() {
    let server = RedisServer::start();
    let store = start(builder(&server).share(6400));
    let granted = |first: u32, ttl| {
        let keys = first..first + 10_000;
        let granted = keys.filter(|number| wait(store.claim_once(key(*number), ADA, ttl)).is_ok());
        granted.count()
    };
    let long = granted(0, MINUTE * 600);
    let shorter = granted(10_000, MINUTE * 60);
    let others = granted(20_000, MINUTE * 240);
    assert!((6000..=6700).contains(&long), "{long}");
    assert!(shorter + others < 100, "{shorter} and {others} more");
}

/// The suites ask one store. Here two have a connection each.
#[test]
fn racers_on_two_connections_get_each_use_once_and_exactly_the_limit() {
    let server = RedisServer::start();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let race = |racers: usize, run: &(dyn Fn(usize) -> bool + Sync)| {
        let line = Barrier::new(racers);
        thread::scope(|scope| {
            let racers = (0..racers).map(|racer| {
                let line = &line;
                scope.spawn(move || {
                    line.wait();
                    run(racer)
                })
            });
            let racers: Vec<_> = racers.collect();
            let won = racers.into_iter().map(|racer| racer.join().unwrap());
            won.filter(|won| *won).count()
        })
    };
    for round in 0..100 {
        let once = race(32, &|racer| {
            let claim = claim(&stores[racer % 2], key(round), ADA);
            claim.unwrap() == Claim::First
        });
        let count = race(32, &|racer| {
            let claim = stores[racer % 2].claim_count(key(round), ADA, round + 1, MINUTE);
            wait(claim).unwrap() == Claim::First
        });
        assert_eq!((once, count), (1, 1), "round {round}");
    }
    for account in 0..10 {
        let granted = race(200, &|racer| {
            let limits = ThrottleLimits::new();
            let tag = u32::try_from(racer).unwrap();
            let guess = ThrottleAttempt::new(limits).for_account(key(account), key(account), tag);
            wait(stores[racer % 2].reserve(&guess))
                .unwrap()
                .is_granted()
        });
        assert_eq!(granted, 20, "account {account}");
    }
}

/// Another process with the same secret and server is the same store, and one with another secret is another.
#[test]
fn stores_with_the_same_secret_share_their_keys() {
    let server = RedisServer::start();
    let (one, other) = (start(builder(&server)), start(builder(&server)));
    let client = ::redis::Client::open(server.url()).unwrap();
    let apart = RedisStore::builder([8; 32], move || connect(client.clone()));
    let apart = start(apart.budget(PATIENT));
    assert_eq!(claim(&one, key(1), ADA).unwrap(), Claim::First);
    assert_eq!(claim(&other, key(1), ADA).unwrap(), Claim::NotFirst);
    assert_eq!(claim(&apart, key(1), ADA).unwrap(), Claim::First);
    let epoch = |store: &RedisStore| wait(store.epoch()).unwrap();
    assert_eq!(epoch(&one), epoch(&other));
    assert_ne!(epoch(&one), epoch(&apart));
}

/// Not all processes need to have the same permissions.
#[test]
fn a_process_that_may_not_call_info_shares_the_epoch() {
    let server = RedisServer::start();
    server.command(&[
        "ACL", "SETUSER", "low", "on", ">low", "~*", "&*", "+@all", "-info",
    ]);
    let url = format!("redis://low:low@127.0.0.1:{}", server.port());
    let client = ::redis::Client::open(url).unwrap();
    let low = RedisStore::builder(KEY, move || connect(client.clone()));
    let (store, low) = (start(builder(&server)), start(low.budget(PATIENT)));
    let epochs = || [&store, &low].map(|store| wait(store.epoch()).unwrap());
    let [before, of_low] = epochs();
    assert_eq!(before, of_low);
    for number in 0..30 {
        thread::sleep(Duration::from_millis(100));
        assert_eq!(epochs(), [before; 2]);
        let key = key(number).issued_in(before);
        assert_eq!(claim(&low, key, ADA).unwrap(), Claim::First);
        assert_eq!(claim(&store, key, ADA).unwrap(), Claim::NotFirst);
    }
}

#[test]
fn the_server_holds_no_key_of_a_claim_or_an_attempt_in_clear() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    let secret = ClaimKey::new(*b"an account's key");
    let _claim = claim(&store, secret, ADA).unwrap();
    let attempt = ThrottleAttempt::new(ThrottleLimits::new()).for_account(secret, secret, 7);
    let attempt = attempt.at_location(1).on_network(secret, key(1));
    let receipt = wait(store.reserve(&attempt)).unwrap();
    wait(store.settle(&attempt, Settlement::Success(receipt))).unwrap();
    let client = ::redis::Client::open(server.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let keys: Vec<Vec<u8>> = connection.keys("*").unwrap();
    assert!(keys.len() > 64);
    for key in keys {
        let value: Vec<u8> = match key[6] {
            // The tables that count records are hashes.
            b'a' | b'w' => {
                let fields: Vec<Vec<u8>> = connection.hgetall(&key).unwrap();
                fields.concat()
            }
            _ => connection.get(&key).unwrap(),
        };
        for text in [key, value] {
            let holds = |part: &[u8]| text.windows(part.len()).any(|window| window == part);
            assert!(!holds(secret.as_bytes()) && !holds(&KEY[..8]));
        }
    }
}

#[test]
fn a_claim_expires_on_the_server() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    let _claim = wait(store.claim_once(key(1), ADA, Duration::from_millis(30))).unwrap();
    server.wait_until("the claim has expired", || {
        let keys = server.command(&["KEYS", "tc*c*"]).to_string();
        keys.is_empty() || !keys.contains("}c")
    });
}
