//! Runtimes that are missing, incomplete, stopped or stalled.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tower_challenge::clock::TokioClock;
use tower_challenge::jose::KeySource;
use tower_challenge::jwks::{FetchEvent, RemoteKeys};

use crate::issuer::{Behaviour, FakeIssuer, URL, names, names_now, set_of, settle};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

#[test]
fn without_a_runtime_there_are_no_keys_and_no_attempt_is_used_up() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    let unavailable = keys.keys().try_now().unwrap().unwrap_err();
    let why = "the keys could not be fetched: no tokio runtime is running";
    assert_eq!(unavailable.to_string(), why);
    assert_eq!(runtime().block_on(names(&keys)).unwrap(), ["a"]);
    assert_eq!(
        names_now(&keys),
        ["a"],
        "keys that are held need no runtime"
    );
    issuer.clock().advance(Duration::from_secs(3600));
    assert_eq!(names_now(&keys), ["a"]);
}

#[test]
fn a_runtime_without_timers_is_a_failure_and_no_panic_of_the_caller() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.connect(RemoteKeys::at(URL)).clock(TokioClock::new());
    let keys = keys.build().unwrap();
    let why = runtime().block_on(names(&keys)).unwrap_err();
    assert_eq!(why, "https://as.example/jwks: the HTTP client panicked");
}

#[test]
fn a_fetch_ends_with_its_runtime_and_another_runtime_takes_over() {
    let issuer = FakeIssuer::new(Behaviour::Hang);
    let keys = issuer.keys();
    let first = runtime();
    let mut waiting = None;
    first.block_on(async {
        waiting = Some(keys.keys());
        settle().await;
    });
    let waiting = waiting.unwrap();
    drop(first);
    let second = runtime();
    assert!(
        second.block_on(waiting).is_err(),
        "the callers learn that the fetch has ended"
    );
    issuer.publish(&["a"]);
    issuer.clock().advance(Duration::from_secs(30));
    assert_eq!(second.block_on(names(&keys)).unwrap(), ["a"]);
}

#[test]
fn a_fetch_on_a_runtime_that_stands_still_does_not_block_the_others_forever() {
    let issuer = FakeIssuer::new(Behaviour::Hang);
    let keys = issuer.keys();
    let stalled = runtime();
    stalled.block_on(async {
        drop(keys.keys());
        settle().await;
    });
    issuer.publish(&["a"]);
    issuer.clock().advance(Duration::from_secs(31));
    assert_eq!(runtime().block_on(names(&keys)).unwrap(), ["a"]);
    drop(stalled);
    assert_eq!(names_now(&keys), ["a"]);
}

/// Its answer is older than the keys that another fetch has brought in the meantime, and may have a key that was withdrawn.
#[test]
fn a_fetch_that_was_overtaken_changes_nothing() {
    for (slow, is_ok) in [
        (Behaviour::Held(set_of(&["withdrawn"])), true),
        (Behaviour::Hang, false),
    ] {
        let issuer = FakeIssuer::new(slow);
        let keys = issuer.keys();
        let stalled = runtime();
        stalled.block_on(async {
            drop(keys.keys());
            settle().await;
        });
        issuer.publish(&["new"]);
        issuer.clock().advance(Duration::from_secs(31));
        assert_eq!(runtime().block_on(names(&keys)).unwrap(), ["new"]);
        if is_ok {
            issuer.release();
        }
        stalled.block_on(settle());
        assert_eq!(names_now(&keys), ["new"]);
        assert_eq!(issuer.events(), [FetchEvent::Fetched]);
    }
}
