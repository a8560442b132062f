//! Tests of the store while its server is out of reach, and after it has lost data.

use std::sync::atomic::{AtomicBool, AtomicU16, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::store::{
    Claim, ClaimHolder, ClaimKey, RedisEvent, RedisStore, ReplayStore, Settlement, StoreEpoch,
    ThrottleAttempt, ThrottleDecision, ThrottleLimits, ThrottleStore,
};

use crate::backend::{KEY, PATIENT, builder, connect, start, wait};
use crate::operations::{claim, key};
use crate::redis::RedisServer;

const ADA: ClaimHolder = ClaimHolder::new(0xada);
/// So short that a test can wait for it, and longer than a busy machine needs for a round trip.
const SHORT: Duration = Duration::from_millis(300);

fn attempt(tag: u32) -> ThrottleAttempt {
    let attempt = ThrottleAttempt::new(ThrottleLimits::new());
    attempt.for_account(ClaimKey::new([1; 16]), ClaimKey::new([2; 16]), tag)
}

fn epoch(store: &RedisStore) -> StoreEpoch {
    wait(store.epoch()).unwrap()
}

/// Fails until the store asks the server no more.
fn fail_until_down(server: &RedisServer, store: &RedisStore) {
    server.wait_until("the store knows that its server is down", || {
        let _refused = claim(store, key(999), ADA);
        !store.health().is_good()
    });
}

fn wait_until_good(server: &RedisServer, store: &RedisStore) {
    server.wait_until("the store uses its server again", || {
        store.health().is_good()
    });
}

#[test]
fn while_the_server_is_down_claims_are_refused_and_each_process_counts_its_part() {
    let mut server = RedisServer::start();
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listen = move |event: &RedisEvent| heard.lock().unwrap().push(event.clone());
    let store = start(builder(&server).budget(SHORT).processes(3).on_event(listen));
    let before = wait(store.reserve(&attempt(1))).unwrap();
    assert_eq!(before.decision(), ThrottleDecision::Counted);
    server.kill();
    fail_until_down(&server, &store);
    assert!(store.health().throttles_alone());
    assert!(claim(&store, key(1), ADA).is_err());
    let receipts = (100..200).map(|tag| wait(store.reserve(&attempt(tag))).unwrap());
    let receipts: Vec<_> = receipts
        .take_while(|receipt| receipt.is_granted())
        .collect();
    assert_eq!(receipts.len(), 7, "a third of 20, rounded up");
    let settlement = Settlement::Undone(receipts[0]);
    wait(store.settle(&attempt(100), settlement)).unwrap();
    let lost = wait(store.settle(&attempt(1), Settlement::Undone(before)));
    assert!(
        lost.is_err(),
        "the server counts it, and cannot give it back"
    );

    server.restart();
    wait_until_good(&server, &store);
    assert!(!store.health().throttles_alone());
    assert_eq!(claim(&store, key(1), ADA).unwrap(), Claim::First);
    let late = Settlement::Success(receipts[1]);
    wait(store.settle(&attempt(101), late)).unwrap();
    let on_server = (200..300).map(|tag| wait(store.reserve(&attempt(tag))).unwrap());
    let on_server = on_server.take_while(|receipt| receipt.is_granted());
    assert_eq!(
        on_server.count(),
        20,
        "what this process counted alone is its own affair"
    );

    let events = events.lock().unwrap();
    let works = events
        .iter()
        .filter(|event| matches!(event, RedisEvent::Works));
    assert_eq!(works.count(), 2, "{events:?}");
    let fault = events
        .iter()
        .find(|event| matches!(event, RedisEvent::Down(_)));
    let fault = fault.and_then(RedisEvent::fault).unwrap().to_string();
    assert!(fault.contains("counts failures alone"), "{fault}");
}

#[test]
fn a_strict_store_refuses_attempts_while_the_server_is_down() {
    let mut server = RedisServer::start();
    let store = start(builder(&server).budget(SHORT).strict());
    server.kill();
    fail_until_down(&server, &store);
    assert!(wait(store.reserve(&attempt(1))).is_err());
    assert!(!store.health().throttles_alone());
}

#[test]
fn nonces_that_are_bound_to_the_process_work_while_the_server_is_down() {
    let mut server = RedisServer::start();
    let new = || start(builder(&server).budget(SHORT).bind_nonces_to_process());
    let (store, other) = (new(), new());
    let shared = epoch(&store);
    assert_eq!(
        claim(&store, key(1).issued_in(shared), ADA).unwrap(),
        Claim::First
    );
    server.kill();
    fail_until_down(&server, &store);
    fail_until_down(&server, &other);
    let bound = epoch(&store);
    assert!(bound != shared && bound != epoch(&other));
    let old = claim(&store, key(2).issued_in(shared), ADA);
    assert_eq!(
        old.unwrap(),
        Claim::NotFirst,
        "stale: the client gets a new nonce"
    );
    let nonce = key(3).issued_in(bound);
    assert_eq!(claim(&store, nonce, ADA).unwrap(), Claim::First);
    assert_eq!(claim(&store, nonce, ADA).unwrap(), Claim::NotFirst);
    let elsewhere = claim(&other, nonce, ADA);
    assert_eq!(
        elsewhere.unwrap(),
        Claim::NotFirst,
        "bound to another process"
    );
    assert!(
        claim(&store, key(4), ADA).is_err(),
        "a key that this server has not issued"
    );

    server.restart();
    wait_until_good(&server, &store);
    wait_until_good(&server, &other);
    assert_eq!(
        claim(&store, nonce, ADA).unwrap(),
        Claim::NotFirst,
        "still remembered"
    );
    let fresh = key(5).issued_in(bound);
    assert_eq!(
        claim(&store, fresh, ADA).unwrap(),
        Claim::First,
        "and still good here"
    );
    assert_eq!(claim(&other, fresh, ADA).unwrap(), Claim::NotFirst);
    assert!(epoch(&store) != bound && epoch(&store) == epoch(&other));
}

#[test]
fn a_restart_an_emptied_server_and_a_promotion_begin_a_new_epoch() {
    let mut server = RedisServer::start_with(&["--appendonly", "yes"]);
    let store = start(builder(&server));
    let other = start(builder(&server));
    let mut before = epoch(&store);
    let mut must_change = |what: &str, store: &RedisStore| {
        let old = before;
        let nonce = key(7).issued_in(old);
        server_waits(what, || epoch(store) != old);
        server_waits(what, || claim(store, key(8), ADA).is_ok());
        assert_eq!(claim(store, nonce, ADA).unwrap(), Claim::NotFirst, "{what}");
        assert_eq!(
            epoch(&other),
            epoch(store),
            "{what}: the same for all processes"
        );
        before = epoch(store);
    };
    server.restart();
    must_change("restarted with its data", &store);
    server.command(&["FLUSHALL"]);
    must_change("emptied in place", &store);
    server.command(&["REPLICAOF", "127.0.0.1", "1"]);
    server.promote();
    must_change("promoted", &store);
}

fn server_waits(what: &str, mut is_so: impl FnMut() -> bool) {
    let is_so = (0..400).any(|_| {
        std::thread::sleep(Duration::from_millis(25));
        is_so()
    });
    assert!(is_so, "{what}: no new epoch");
}

#[test]
fn a_server_that_evicts_keys_is_not_used() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    let before = epoch(&store);
    assert_eq!(claim(&store, key(1), ADA).unwrap(), Claim::First);
    server.command(&["CONFIG", "SET", "maxmemory", "100mb"]);
    server.command(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    server.wait_until("the store has seen the policy", || {
        !store.health().is_good()
    });
    let why = claim(&store, key(1), ADA).unwrap_err();
    let fault = store.health();
    assert!(
        fault.fault().unwrap().to_string().contains("noeviction"),
        "{why}"
    );
    server.command(&["CONFIG", "SET", "maxmemory-policy", "noeviction"]);
    wait_until_good(&server, &store);
    assert_eq!(epoch(&store), before, "no key was evicted");
    assert_eq!(claim(&store, key(1), ADA).unwrap(), Claim::NotFirst);
}

#[test]
fn a_server_without_memory_or_that_is_a_replica_is_not_used() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    for (breaks, mends) in [
        (
            &["CONFIG", "SET", "maxmemory", "1"][..],
            &["CONFIG", "SET", "maxmemory", "0"][..],
        ),
        (
            &["REPLICAOF", "127.0.0.1", "1"],
            &["REPLICAOF", "NO", "ONE"],
        ),
    ] {
        server.command(breaks);
        fail_until_down(&server, &store);
        assert!(claim(&store, key(1), ADA).is_err());
        server.command(mends);
        wait_until_good(&server, &store);
    }
}

/// An attempt that is refused writes nothing, so a server without memory still answers it.
#[test]
fn a_server_without_memory_is_down_although_it_answers() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    let refused = || wait(store.reserve(&attempt(99)));
    for tag in 0..20 {
        assert!(wait(store.reserve(&attempt(tag))).unwrap().is_granted());
    }
    assert!(!refused().unwrap().is_granted());
    server.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let is_down = (0..250).any(|_| {
        std::thread::sleep(Duration::from_millis(20));
        let _answer = refused();
        !store.health().is_good()
    });
    assert!(is_down && store.health().throttles_alone());
    let health = store.health();
    let fault = health.fault().unwrap().to_string();
    assert!(fault.contains("memory"), "{fault}");
    server.command(&["CONFIG", "SET", "maxmemory", "0"]);
    wait_until_good(&server, &store);
}

#[test]
fn a_hung_server_costs_a_request_no_more_than_the_budget() {
    let server = RedisServer::start();
    let store = start(builder(&server).budget(SHORT).strict());
    server.stop();
    let clock = tower_challenge::clock::SystemClock::new();
    let mut longest = Duration::ZERO;
    for number in 0..50 {
        let start = tower_challenge::clock::Clock::monotonic(&clock);
        assert!(claim(&store, key(number), ADA).is_err());
        assert!(wait(store.reserve(&attempt(number))).is_err());
        let took = tower_challenge::clock::Clock::monotonic(&clock) - start;
        longest = longest.max(took);
    }
    println!("{longest:?} for a claim and a reservation");
    // Each may take half of the budget. A machine that is busy may run the test late.
    assert!(longest < SHORT * 3, "{longest:?}");
    server.resume();
    wait_until_good(&server, &store);
    for number in 100..200 {
        assert_eq!(claim(&store, key(number), ADA).unwrap(), Claim::First);
        assert_eq!(claim(&store, key(number), ADA).unwrap(), Claim::NotFirst);
    }
}

#[test]
fn a_script_that_the_server_forgets_is_sent_again() {
    let server = RedisServer::start();
    let store = start(builder(&server));
    for number in 0..5 {
        server.command(&["SCRIPT", "FLUSH"]);
        assert_eq!(claim(&store, key(number), ADA).unwrap(), Claim::First);
        assert!(wait(store.reserve(&attempt(number))).unwrap().is_granted());
    }
}

#[test]
fn a_store_that_never_reached_its_server_refuses_everything_it_cannot_count() {
    let mut server = RedisServer::start();
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listen = move |event: &RedisEvent| heard.lock().unwrap().push(event.clone());
    let builder = builder(&server).budget(SHORT).on_event(listen);
    server.kill();
    let store = crate::backend::RUNTIME.block_on(async {
        let store = builder.start().unwrap();
        assert!(store.ready().await.is_err());
        store
    });
    let first = events.lock().unwrap().first().cloned();
    assert!(matches!(first, Some(RedisEvent::Down(_))), "{first:?}");
    assert!(wait(store.epoch()).is_err());
    assert!(claim(&store, key(1), ADA).is_err());
    assert!(
        wait(store.reserve(&attempt(1))).unwrap().is_granted(),
        "counted alone"
    );
    server.restart();
    wait_until_good(&server, &store);
    assert_eq!(claim(&store, key(1), ADA).unwrap(), Claim::First);
}

/// The connection stays open over a promotion, as that of a cluster or of a proxy does. The promoted server lacks the
/// claims, and the looks at the server come too late to notice.
#[test]
fn no_nonce_is_accepted_again_behind_a_connection_that_hides_a_promotion() {
    const FORGET_CLAIMS: &str =
        "for _, key in ipairs(redis.call('KEYS', 'tc{*}c*')) do redis.call('DEL', key) end";
    let server = RedisServer::start();
    let store = start(builder(&server));
    for round in 0..4 {
        let old = epoch(&store);
        let nonces = (0..50).map(|number| key(round * 50 + number).issued_in(old));
        let nonces: Vec<_> = nonces.collect();
        for nonce in &nonces {
            assert_eq!(claim(&store, *nonce, ADA).unwrap(), Claim::First);
        }
        server.command(&["EVAL", FORGET_CLAIMS, "0"]);
        server.command(&["REPLICAOF", "127.0.0.1", "1"]);
        server.promote();
        for nonce in &nonces {
            let again = claim(&store, *nonce, ADA);
            assert!(!matches!(again, Ok(Claim::First)), "round {round}");
        }
        server_waits("promoted", || epoch(&store) != old);
        wait_until_good(&server, &store);
    }
}

/// The connection of the store breaks when the primary dies, and the next one leads to the replica, as with Sentinel. No
/// claim may reach the replica before the store has found its new life.
#[test]
fn no_nonce_is_accepted_again_by_a_promoted_replica_that_missed_its_claim() {
    for _ in 0..5 {
        let mut primary = RedisServer::start();
        let replica = primary.start_replica();
        let port = Arc::new(AtomicU16::new(primary.port()));
        let to = Arc::clone(&port);
        let builder = RedisStore::builder(KEY, move || {
            let url = format!("redis://127.0.0.1:{}", to.load(Ordering::SeqCst));
            async move { connect(::redis::Client::open(url)?).await }
        });
        let store = start(builder.budget(PATIENT));
        let old = epoch(&store);
        replica.wait_until("it has the epoch", || {
            replica.command(&["DBSIZE"]) == primary.command(&["DBSIZE"])
        });
        replica.command(&["REPLICAOF", "127.0.0.1", "1"]);
        let nonces: Vec<_> = (0..200).map(|number| key(number).issued_in(old)).collect();
        for nonce in &nonces {
            let claimed = claim(&store, *nonce, ADA);
            assert_eq!(claimed.unwrap(), Claim::First);
        }
        replica.promote();
        port.store(replica.port(), Ordering::SeqCst);
        let has_ended = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let replays: Vec<_> = (0..8)
                .map(|_| {
                    scope.spawn(|| {
                        let mut accepted = 0;
                        while !has_ended.load(Ordering::SeqCst) {
                            for nonce in &nonces {
                                let claimed = claim(&store, *nonce, ADA);
                                accepted += u32::from(matches!(claimed, Ok(Claim::First)));
                            }
                        }
                        accepted
                    })
                })
                .collect();
            primary.kill();
            server_waits("promoted", || epoch(&store) != old);
            std::thread::sleep(Duration::from_millis(200));
            has_ended.store(true, Ordering::SeqCst);
            let accepted = replays.into_iter().map(|replay| replay.join().unwrap());
            assert_eq!(accepted.sum::<u32>(), 0, "replays were accepted");
        });
    }
}
