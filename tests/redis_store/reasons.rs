//! Tests of the reasons that the store gives to the operator, and of the configurations that it refuses.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::ConfigError;
use tower_challenge::store::{
    ClaimHolder, RedisEvent, RedisStore, RedisStoreBuilder, Settlement, ThrottleAttempt,
    ThrottleLimits, ThrottleStore,
};

use crate::backend::{KEY, RUNTIME, builder, connect, start, wait};
use crate::operations::{claim, key};
use crate::redis::RedisServer;

const ADA: ClaimHolder = ClaimHolder::new(0xada);
const SHORT: Duration = Duration::from_millis(300);

fn begin(builder: RedisStoreBuilder) -> RedisStore {
    RUNTIME
        .block_on(async { builder.budget(SHORT).start() })
        .unwrap()
}

fn fault(store: &RedisStore) -> Option<String> {
    store.health().fault().map(ConfigError::to_string)
}

fn wait_until_fault(server: &RedisServer, store: &RedisStore, part: &str) {
    server.wait_until("the store gives the reason", || {
        fault(store).is_some_and(|fault| fault.contains(part))
    });
}

#[test]
fn while_the_server_is_down_the_store_tells_each_new_reason_once() {
    let mut server = RedisServer::start();
    for setting in [["maxmemory", "100mb"], ["maxmemory-policy", "allkeys-lru"]] {
        server.command(&["CONFIG", "SET", setting[0], setting[1]]);
    }
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listen = move |event: &RedisEvent| heard.lock().unwrap().push(event.to_string());
    let store = begin(builder(&server).on_event(listen));
    wait_until_fault(&server, &store, "set maxmemory-policy to noeviction");
    server.kill();
    wait_until_fault(&server, &store, "start Redis, or correct its address");
    server.wait_until("the listener has heard both reasons", || {
        events.lock().unwrap().len() >= 2
    });
    let events = events.lock().unwrap();
    let different: BTreeSet<&String> = events.iter().collect();
    assert_eq!(different.len(), events.len(), "{events:?}");
    assert!(
        events
            .iter()
            .all(|event| event.starts_with("Redis cannot be used: "))
    );
    let ready = RUNTIME.block_on(store.ready()).unwrap_err();
    assert!(
        ready
            .to_string()
            .ends_with("start Redis, or correct its address"),
        "{ready}"
    );
}

/// A step waits for a new connection until its time is over. The reason is then why there is none, and not that the server
/// is slow.
#[test]
fn a_step_without_a_connection_says_why_there_is_none() {
    let mut server = RedisServer::start();
    let store = begin(builder(&server));
    assert!(RUNTIME.block_on(store.ready()).is_ok());
    server.kill();
    let mut causes = Vec::new();
    server.wait_until("the store knows that its server is down", || {
        causes.push(claim(&store, key(1), ADA).unwrap_err().to_string());
        !store.health().is_good()
    });
    let is_known = |cause: &String| cause.starts_with("the connection to Redis failed: ");
    assert!(causes.iter().any(is_known), "{causes:?}");
    // A machine without time to connect may find the server slow once or twice.
    let is_late = |cause: &&String| cause.contains("did not answer in time");
    assert!(
        causes.iter().filter(is_late).count() < causes.len() / 2,
        "{causes:?}"
    );
}

/// The texts of errors are those of a real server and of the crate `redis`.
#[test]
fn the_reason_says_what_the_operator_can_do() {
    let server = RedisServer::start();
    let password = "put the password into the URL";
    let correct = "correct the user and the password in the URL";
    let rights = "all rights that the guide of several machines lists";
    let plain = server.url();
    let with = |user: &str| plain.replacen("://", &format!("://{user}@"), 1);
    let database = format!("{}/99", plain.trim_end_matches('/'));
    server.command(&[
        "ACL", "SETUSER", "few", "on", ">few", "~*", "+evalsha", "+eval", "+info",
    ]);
    for (url, advice) in [
        (database, "correct the number of the database in the URL"),
        (with("few:wrong"), correct),
        (with("few:few"), rights),
    ] {
        let store = begin(of_url(&url));
        wait_until_fault(&server, &store, advice);
    }
    server.command(&["CONFIG", "SET", "requirepass", "secret"]);
    let store = begin(of_url(&plain));
    wait_until_fault(&server, &store, password);
}

fn of_url(url: &str) -> RedisStoreBuilder {
    let client = ::redis::Client::open(url).unwrap();
    RedisStore::builder(KEY, move || connect(client.clone()))
}

/// The guide lists the rights that the user of the store needs.
#[test]
fn the_rights_in_the_guide_suffice() {
    let guide = include_str!("../../src/guide/several_machines.md");
    let (_, rights) = guide.split_once("ACL SETUSER auth on >PASSWORD ").unwrap();
    let (rights, _) = rights.split_once("```").unwrap();
    let server = RedisServer::start();
    let command = ["ACL", "SETUSER", "auth", "on", ">pass"]
        .into_iter()
        .chain(rights.split_whitespace());
    server.command(&command.collect::<Vec<_>>());
    let url = server.url().replacen("://", "://auth:pass@", 1);
    let store = start(of_url(&url).capacity(64));
    let refuses_info = |note: &ConfigError| note.to_string().contains("INFO");
    assert!(!store.health().notes().iter().any(refuses_info));
    for number in 0..500_u32 {
        let attempt = ThrottleAttempt::new(ThrottleLimits::new())
            .for_account(key(number % 50), key(1_000 + number % 50), number)
            .at_location(number)
            .on_network(key(number % 7), key(2_000 + number % 7));
        let receipt = wait(store.reserve(&attempt)).unwrap();
        let settlement = match number % 3 {
            0 => Settlement::Success(receipt),
            1 => Settlement::Undone(receipt),
            _ => continue,
        };
        wait(store.settle(&attempt, settlement)).unwrap();
        wait(store.settle(&attempt, Settlement::Unlock)).unwrap();
        assert!(claim(&store, key(10_000 + number), ADA).is_ok());
    }
    assert!(
        store.shared_reservations() > 0,
        "shared slots are covered, too"
    );
    assert!(store.health().is_good());
}

/// Clients of stale nonces repeat their requests, so an operator wants to know when all of them do.
#[test]
fn a_loss_of_data_is_told_and_a_start_is_none() {
    let mut server = RedisServer::start();
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listen = move |event: &RedisEvent| heard.lock().unwrap().push(event.clone());
    let store = start(builder(&server).budget(SHORT).on_event(listen));
    let epochs = || {
        let events = events.lock().unwrap();
        events
            .iter()
            .filter(|event| matches!(event, RedisEvent::NewEpoch(_)))
            .count()
    };
    assert_eq!(epochs(), 0, "the start of a process");
    server.command(&["FLUSHALL"]);
    server.wait_until("the loss is told", || epochs() == 1);
    server.kill();
    wait_until_fault(&server, &store, "start Redis");
    server.restart();
    server.wait_until("the restart is told", || epochs() == 2);
}

#[test]
fn a_store_without_room_notes_it_for_the_operator() {
    let server = RedisServer::start();
    let note = "the capacity of the Redis store is used up";
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let listen = move |event: &RedisEvent| heard.lock().unwrap().push(event.to_string());
    let store = start(builder(&server).capacity(1).on_event(listen));
    let notes = |store: &RedisStore| {
        store
            .health()
            .notes()
            .iter()
            .any(|text| text.to_string().starts_with(note))
    };
    assert!(!notes(&store));
    for number in 0..200 {
        let limits = ThrottleAttempt::new(ThrottleLimits::new());
        let guess = limits.for_account(key(number), key(1_000 + number), 1);
        assert!(wait(store.reserve(&guess)).unwrap().is_granted());
    }
    assert!(store.shared_reservations() > 0);
    server.wait_until("the store notes that it has no room", || notes(&store));
    let told = || {
        events
            .lock()
            .unwrap()
            .iter()
            .filter(|event| event.contains(note))
            .count()
    };
    server.wait_until("the listener has heard it", || told() > 0);
    assert_eq!(told(), 1);
}

#[test]
fn a_store_does_not_start_with_a_configuration_that_cannot_work() {
    let server = RedisServer::start();
    let in_runtime =
        |builder: RedisStoreBuilder| RUNTIME.block_on(async { builder.start().map(drop) });
    let client = ::redis::Client::open(server.url()).unwrap();
    let zeros = RedisStore::builder([0; 32], move || connect(client.clone()));
    for (bad, expected) in [
        (
            in_runtime(zeros),
            "the key of the Redis store is all zeros: load 32 random bytes",
        ),
        (
            in_runtime(builder(&server).budget(Duration::ZERO)),
            "the budget of the Redis store is 0: give each request some time",
        ),
        (
            in_runtime(builder(&server).processes(0)),
            "the Redis store is shared by 0 processes: count this one",
        ),
        (
            builder(&server).start().map(drop),
            "start the Redis store in a tokio runtime",
        ),
    ] {
        assert_eq!(bad.unwrap_err().to_string(), expected);
    }
}
