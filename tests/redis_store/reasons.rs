//! Tests of the reasons that the store gives to the operator, and of the configurations that it refuses.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::ConfigError;
use tower_challenge::store::{
    ClaimHolder, RedisEvent, RedisStore, RedisStoreBuilder, ThrottleAttempt, ThrottleLimits,
    ThrottleStore,
};

use crate::backend::{RUNTIME, builder, connect, start, wait};
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
    let events = events.lock().unwrap();
    assert!(events.len() >= 2, "{events:?}");
    let mut pairs = events.windows(2);
    assert!(pairs.all(|pair| pair[0] != pair[1]), "{events:?}");
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
    let is_reason = |cause: &String| {
        cause.starts_with("the connection to Redis failed: ")
            || cause.starts_with("Redis failed several times")
    };
    assert!(causes.iter().all(is_reason), "{causes:?}");
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
    let events = events.lock().unwrap();
    let told = events.iter().filter(|event| event.contains(note));
    assert_eq!(told.count(), 1, "{events:?}");
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
