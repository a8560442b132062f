//! Tests that a revoked token is refused by all processes that share a list of revocations.

use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tower_challenge::Secret;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::jwt::{JwtVerifier, SharedRevocations};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::store::{RedisStore, ReplayStore};
use tower_challenge::testing::TestIssuer;

use crate::backend::{RUNTIME, builder, cluster_builder, start, wait};
use crate::redis::{RedisCluster, RedisServer};

const ISSUER: &str = "https://as.example";
const API: &str = "https://api.example";

/// A time after the end of every token of the tests.
fn later() -> SystemTime {
    UNIX_EPOCH + Duration::from_secs(10_000_000_000)
}

/// A process: a verifier, and its copy of the list.
struct Process {
    verifier: JwtVerifier,
    revocations: SharedRevocations,
}

#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Good,
    Refused,
    Unknown,
}

impl Process {
    fn new(issuer: &TestIssuer, store: &RedisStore) -> Self {
        Self::with_name(issuer, store, ISSUER)
    }

    fn with_name(issuer: &TestIssuer, store: &RedisStore, name: &str) -> Self {
        let revocations =
            RUNTIME.block_on(async { SharedRevocations::builder(store, name).start().unwrap() });
        let verifier = JwtVerifier::builder(ISSUER, issuer.keys()).audience(API);
        let verifier = verifier.revocations(revocations.list()).build().unwrap();
        let process = Self {
            verifier,
            revocations,
        };
        let token = issuer.token("anybody").audience(API).sign();
        eventually("its copy is current", || {
            process.verdict(&token) == Verdict::Good
        });
        process
    }

    fn verdict(&self, token: &str) -> Verdict {
        match wait(self.verifier.verify(Secret::new(token))) {
            Ok(Ok(_)) => Verdict::Good,
            Ok(Err(_)) => Verdict::Refused,
            Err(_) => Verdict::Unknown,
        }
    }

    fn revoke_token(&self, id: &str) {
        RUNTIME
            .block_on(self.revocations.revoke_token(id, later()))
            .unwrap();
    }
}

fn token(issuer: &TestIssuer, subject: &str, id: &str) -> String {
    issuer.token(subject).audience(API).claim("jti", id).sign()
}

fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    let is_so = (0..1000).any(|_| {
        let is_so = is_so();
        if !is_so {
            thread::sleep(Duration::from_millis(10));
        }
        is_so
    });
    assert!(is_so, "{what}");
}

#[test]
fn all_processes_refuse_a_revoked_token_within_a_second_under_load() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 3].map(|()| start(builder(&server)));
    let processes = stores.each_ref().map(|store| Process::new(&issuer, store));
    let (has_ended, verified) = (AtomicBool::new(false), AtomicU32::new(0));
    let clock = SystemClock::new();
    thread::scope(|scope| {
        for process in &processes {
            let token = token(&issuer, "load", "load");
            let (has_ended, verified) = (&has_ended, &verified);
            scope.spawn(move || {
                while !has_ended.load(Ordering::Relaxed) {
                    assert_eq!(process.verdict(&token), Verdict::Good);
                    verified.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        let mut longest = Duration::ZERO;
        for number in 0..10 {
            let id = format!("token {number}");
            let token = token(&issuer, "ada", &id);
            assert!(
                processes
                    .iter()
                    .all(|one| one.verdict(&token) == Verdict::Good)
            );
            let start = clock.monotonic();
            processes[number % 3].revoke_token(&id);
            assert_eq!(processes[number % 3].verdict(&token), Verdict::Refused);
            let all = || {
                processes
                    .iter()
                    .all(|one| one.verdict(&token) == Verdict::Refused)
            };
            eventually("all processes refuse the token", all);
            longest = longest.max(clock.monotonic() - start);
        }
        has_ended.store(true, Ordering::Relaxed);
        println!("{longest:?} until all three refused, beside {verified:?} verified tokens");
        assert!(longest < Duration::from_secs(1), "{longest:?}");
    });
}

#[test]
fn a_message_makes_the_other_processes_read_at_once() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let [one, other] = stores.each_ref().map(|store| Process::new(&issuer, store));
    let client = ::redis::Client::open(server.url()).unwrap();
    RUNTIME.block_on(async {
        let subscribe = move || {
            let client = client.clone();
            async move { client.get_async_pubsub().await }
        };
        other.revocations.read_on_message(subscribe).unwrap();
    });
    server.wait_until("the process listens", || {
        server.command(&["PUBSUB", "NUMPAT"]);
        server.info("pubsub_channels").as_deref() == Some("1")
    });
    let clock = SystemClock::new();
    let mut times: Vec<_> = (0..9)
        .map(|number| {
            let id = format!("token {number}");
            let token = token(&issuer, "ada", &id);
            assert_eq!(other.verdict(&token), Verdict::Good);
            let start = clock.monotonic();
            one.revoke_token(&id);
            eventually("the other process refuses", || {
                other.verdict(&token) == Verdict::Refused
            });
            clock.monotonic() - start
        })
        .collect();
    times.sort();
    println!("{:?} at the median, with messages", times[4]);
    assert!(
        times[4] < Duration::from_millis(250),
        "reading twice a second takes longer: {times:?}"
    );
}

#[test]
fn tokens_of_a_subject_and_lists_with_other_names_are_apart() {
    let cluster = RedisCluster::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(cluster_builder(&cluster)));
    let [one, other] = stores.each_ref().map(|store| Process::new(&issuer, store));
    let elsewhere = Process::with_name(&issuer, &stores[0], "https://other.example");
    let tokens = [token(&issuer, "ada", "1"), token(&issuer, "ada", "2")];
    let bob = token(&issuer, "bob", "3");
    let revoking = one.revocations.revoke_subject("ada", later(), later());
    RUNTIME.block_on(revoking).unwrap();
    eventually("the other process refuses the tokens", || {
        tokens
            .iter()
            .all(|token| other.verdict(token) == Verdict::Refused)
    });
    assert_eq!(other.verdict(&bob), Verdict::Good);
    assert_eq!(elsewhere.verdict(&tokens[0]), Verdict::Good);
}

#[test]
fn a_copy_that_is_not_current_admits_no_token_and_a_list_that_the_server_lost_comes_back() {
    let mut server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let new = || start(builder(&server).budget(Duration::from_millis(200)));
    let (store, late_store) = (new(), new());
    let one = Process::new(&issuer, &store);
    let (good, revoked) = (token(&issuer, "ada", "1"), token(&issuer, "ada", "2"));
    one.revoke_token("2");
    server.kill();
    assert_eq!(one.verdict(&good), Verdict::Good, "current for 2 seconds");
    eventually("the copy is outdated", || {
        one.verdict(&good) == Verdict::Unknown
    });
    assert_eq!(one.verdict(&revoked), Verdict::Refused, "it knows this");
    assert_eq!(
        one.verdict("no token"),
        Verdict::Refused,
        "no key can make it good"
    );

    let before = wait(store.epoch()).unwrap();
    server.restart();
    eventually("the copy is current", || {
        one.verdict(&good) == Verdict::Good
    });
    eventually("the epoch is new", || {
        wait(store.epoch()).unwrap() != before
    });
    eventually("the other store works", || late_store.health().is_good());
    let late = Process::new(&issuer, &late_store);
    eventually("a new process knows it", || {
        late.verdict(&revoked) == Verdict::Refused
    });
}

#[test]
fn a_copy_that_may_be_outdated_admits_tokens_for_so_long() {
    let mut server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let store = start(builder(&server).budget(Duration::from_millis(200)));
    let start_with = |time| {
        RUNTIME.block_on(async {
            SharedRevocations::builder(&store, ISSUER)
                .allow_outdated(time)
                .start()
        })
    };
    for bad in [0, 61] {
        let refused = start_with(Duration::from_secs(bad))
            .unwrap_err()
            .to_string();
        assert_eq!(
            refused,
            "a copy of the revocations may be outdated by 2 to 60 seconds"
        );
    }
    let revocations = start_with(Duration::from_secs(60)).unwrap();
    let verifier = JwtVerifier::builder(ISSUER, issuer.keys()).audience(API);
    let verifier = verifier.revocations(revocations.list()).build().unwrap();
    let process = Process {
        verifier,
        revocations,
    };
    let good = token(&issuer, "ada", "1");
    eventually("its copy is current", || {
        process.verdict(&good) == Verdict::Good
    });
    server.kill();
    thread::sleep(Duration::from_secs(3));
    assert_eq!(process.verdict(&good), Verdict::Good);
    assert!(
        RUNTIME
            .block_on(process.revocations.revoke_token("1", later()))
            .is_err()
    );
    assert_eq!(
        process.verdict(&good),
        Verdict::Refused,
        "revoked here all the same"
    );
}

#[test]
fn a_full_copy_admits_no_token() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let store = start(builder(&server));
    let one = Process::new(&issuer, &store);
    let small = RUNTIME.block_on(async {
        SharedRevocations::builder(&store, ISSUER)
            .capacity(3)
            .start()
            .unwrap()
    });
    let verifier = JwtVerifier::builder(ISSUER, issuer.keys()).audience(API);
    let verifier = verifier.revocations(small.list()).build().unwrap();
    let small = Process {
        verifier,
        revocations: small,
    };
    let good = token(&issuer, "ada", "good");
    eventually("its copy is current", || {
        small.verdict(&good) == Verdict::Good
    });
    for number in 0..7 {
        one.revoke_token(&format!("token {number}"));
    }
    eventually("its copy is outdated", || {
        small.verdict(&good) == Verdict::Unknown
    });
    assert_eq!(one.verdict(&good), Verdict::Good);
}

/// A server answers a step that only reads even if it no longer gets the revocations of others.
#[test]
fn a_copy_is_not_current_if_the_server_takes_no_writes() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let store = start(builder(&server).budget(Duration::from_millis(200)));
    let process = Process::new(&issuer, &store);
    let good = token(&issuer, "ada", "good");
    for (begins, ends) in [
        (
            &["CONFIG", "SET", "maxmemory", "1"][..],
            &["CONFIG", "SET", "maxmemory", "0"][..],
        ),
        (
            &["CONFIG", "SET", "min-replicas-to-write", "1"],
            &["CONFIG", "SET", "min-replicas-to-write", "0"],
        ),
        (
            &["REPLICAOF", "127.0.0.1", "1"],
            &["REPLICAOF", "NO", "ONE"],
        ),
    ] {
        let what = format!("{begins:?}");
        eventually(&what, || process.verdict(&good) == Verdict::Good);
        server.command(begins);
        eventually(&what, || process.verdict(&good) == Verdict::Unknown);
        server.command(ends);
    }
}

/// The clock of the server was set back, and the list was lost, but not the epoch.
#[test]
fn a_reader_that_is_ahead_of_the_list_reads_it_again() {
    const LISTS: &str = "for _, key in ipairs(redis.call('KEYS', 'tc{*}r*')) do if redis.call('TYPE', key).ok == 'zset' then ";
    let on_lists = |what: &str| format!("{LISTS} {what} end end");
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let [one, other] = stores.each_ref().map(|store| Process::new(&issuer, store));
    let refuses = |process: &Process, id: &str| {
        let token = token(&issuer, "ada", id);
        eventually("it refuses", || process.verdict(&token) == Verdict::Refused);
    };
    one.revoke_token("1");
    refuses(&other, "1");
    let ahead = "redis.call('ZINCRBY', key, 3600000000, redis.call('ZRANGE', key, 0, 0)[1])";
    server.command(&["EVAL", &on_lists(ahead), "0"]);
    one.revoke_token("2");
    refuses(&other, "2");
    server.command(&["EVAL", &on_lists("redis.call('DEL', key)"), "0"]);
    one.revoke_token("3");
    refuses(&other, "3");
}

/// For example, the user of the server may publish nothing.
#[test]
fn a_revocation_counts_although_the_server_refuses_the_message() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let [one, other] = stores.each_ref().map(|store| Process::new(&issuer, store));
    server.command(&["ACL", "SETUSER", "default", "-publish"]);
    one.revoke_token("1");
    let token = token(&issuer, "ada", "1");
    eventually("the other process refuses", || {
        other.verdict(&token) == Verdict::Refused
    });
}

/// For example, the client of the request goes away.
#[test]
fn a_revocation_goes_on_if_its_future_is_dropped() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let [one, other] = stores.each_ref().map(|store| Process::new(&issuer, store));
    let token = token(&issuer, "ada", "1");
    // So the revocation takes two calls, and is not done when the future is dropped.
    server.command(&["SCRIPT", "FLUSH"]);
    RUNTIME.block_on(async {
        let mut revoking = std::pin::pin!(one.revocations.revoke_token("1", later()));
        let poll_once = std::future::poll_fn(|context| {
            std::task::Poll::Ready(revoking.as_mut().poll(context).is_ready())
        });
        let _is_ready = poll_once.await;
    });
    eventually("the other process refuses", || {
        other.verdict(&token) == Verdict::Refused
    });
}

fn with_capacity(issuer: &TestIssuer, store: &RedisStore, capacity: usize) -> Process {
    let revocations = RUNTIME.block_on(async {
        let list = SharedRevocations::builder(store, ISSUER).capacity(capacity);
        list.start().unwrap()
    });
    let verifier = JwtVerifier::builder(ISSUER, issuer.keys()).audience(API);
    let verifier = verifier.revocations(revocations.list()).build().unwrap();
    Process {
        verifier,
        revocations,
    }
}

/// For example, one client logs out very often, at two machines at the same time.
#[test]
fn a_list_that_two_processes_fill_still_admits_good_tokens() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let processes = stores
        .each_ref()
        .map(|store| with_capacity(&issuer, store, 20));
    let good = token(&issuer, "ada", "good");
    let mut errors = 0;
    for (name, process) in ["one", "other"].into_iter().zip(&processes) {
        for number in 0..15 {
            let id = format!("{name} {number}");
            let revoked = process.revocations.revoke_token(&id, later());
            errors += u32::from(RUNTIME.block_on(revoked).is_err());
        }
    }
    assert_eq!(errors, 10, "the list has 20 places");
    thread::sleep(Duration::from_secs(3));
    for process in &processes {
        assert_eq!(process.verdict(&good), Verdict::Good);
    }
    let first = token(&issuer, "ada", "one 0");
    assert_eq!(processes[1].verdict(&first), Verdict::Refused);
}

/// More revocations than a process reads in one round trip.
#[test]
fn a_new_process_reads_a_long_list() {
    let server = RedisServer::start();
    let issuer = TestIssuer::new(ISSUER).unwrap();
    let stores = [(); 2].map(|()| start(builder(&server)));
    let one = Process::new(&issuer, &stores[0]);
    for number in 0..2300 {
        one.revoke_token(&number.to_string());
    }
    let late = Process::new(&issuer, &stores[1]);
    for number in [0, 999, 1000, 1001, 2299] {
        let token = token(&issuer, "ada", &number.to_string());
        assert_eq!(late.verdict(&token), Verdict::Refused, "{number}");
    }
}
