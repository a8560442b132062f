//! HOBA.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use tower::ServiceExt;
use tower_challenge::scheme::hoba::NonceKeys;
use tower_challenge::store::MemoryStore;

use crate::support::hoba::{Device, ORIGIN, challenge, header, is_stale, keys, server};
use crate::support::{OTHER_USER, TestServer, USER, get, run};

static DEVICE: LazyLock<Device> = LazyLock::new(Device::of_vectors);

fn stand() -> TestServer {
    server(keys(&[(USER, &DEVICE)]), |builder| builder)
}

/// Signatures for another origin, algorithm or realm, with a challenge or a kid that is not theirs, and signatures that
/// were used before. The server refuses all of them.
#[test]
fn a150_a_signature_for_something_else_is_not_admitted() {
    let other = Device::generate();
    let stand = server(keys(&[(USER, &DEVICE), (OTHER_USER, &other)]), |builder| {
        builder.realm("files").max_age(Duration::from_secs(30))
    });
    let fresh = || challenge(&stand);
    let sign = |origin: &str, realm: &str| DEVICE.result(origin, realm, &fresh(), "bm8");
    let good = sign(ORIGIN, "files");
    let other_challenge = good.replacen(good.split('.').nth(1).unwrap(), &fresh(), 1);
    for wrong in [
        sign("https://evil.example:443", "files"),
        sign(ORIGIN, ""),
        sign(ORIGIN, "file"),
        other_challenge,
        good.replace(&DEVICE.kid, &other.kid),
        good.replace(&DEVICE.kid, "dW5rbm93bg"),
        good.replace(".bm8.", ".bm84."),
    ] {
        let answer = stand.ask(get("/").authorization(header(&wrong)));
        answer.is_refused();
    }
    assert_eq!(
        stand.world.store.entry_count(),
        0,
        "a wrong signature uses no memory"
    );
    stand
        .ask(get("/").authorization(header(&good)))
        .is_admitted_as(USER);
    is_stale(&stand.ask(get("/").authorization(header(&good))));
    stand.world.clock.advance(Duration::from_secs(31));
    is_stale(&stand.ask(get("/").authorization(header(&signed_again(&good)))));
}

/// A new signature for the challenge of `result`.
fn signed_again(result: &str) -> String {
    let challenge = result.split('.').nth(1).unwrap();
    DEVICE.result(ORIGIN, "files", challenge, "bmV3")
}

/// Characters move from one value to its neighbour. The lengths in front of the values tell the texts apart.
#[test]
fn a150_values_that_run_together_are_not_confused() {
    let device = Device::of_vectors().named("a2lkMQ");
    let longer = Device::of_vectors().named("a2lkMQA");
    let stand = server(keys(&[(USER, &device), (OTHER_USER, &longer)]), |builder| {
        builder
    });
    let sent = challenge(&stand);
    let signed = device.result(ORIGIN, "", &format!("A{sent}"), "bm8");
    let moved = signed.replace(&format!("a2lkMQ.A{sent}"), &format!("a2lkMQA.{sent}"));
    assert_ne!(signed, moved);
    stand
        .ask(get("/").authorization(header(&moved)))
        .is_refused();
    // The same for the realm and the kid, which stand beside each other as well.
    let stand = server(keys(&[(USER, &device)]), |builder| builder.realm("ab"));
    let sent = challenge(&stand);
    let shifted = Device::of_vectors()
        .named("ba2lkMQ")
        .result(ORIGIN, "a", &sent, "bm8");
    let moved = shifted.replace("ba2lkMQ", "a2lkMQ");
    stand
        .ask(get("/").authorization(header(&moved)))
        .is_refused();
}

/// A challenge of another server, key or epoch is as good as none.
#[test]
fn a150_a_challenge_of_another_server_is_not_good() {
    let store = MemoryStore::new();
    let build = |realm: &str, seconds, nonce_key, store: &MemoryStore| {
        let (realm, store) = (realm.to_owned(), store.clone());
        server(keys(&[(USER, &DEVICE)]), move |builder| {
            let nonce_keys = NonceKeys::new([nonce_key; 32]).unwrap();
            let builder = builder.realm(&realm).nonce_keys(nonce_keys).store(store);
            builder.max_age(Duration::from_secs(seconds))
        })
    };
    let stand = build("files", 10, 1, &store);
    let ask_with_challenge_of = |other: &TestServer| {
        let result = DEVICE.result(ORIGIN, "files", &challenge(other), "bm8");
        stand.ask(get("/").authorization(header(&result)))
    };
    // A second machine with the same settings is the same server.
    ask_with_challenge_of(&build("files", 10, 1, &store)).is_admitted_as(USER);
    for other in [
        build("file", 10, 1, &store),
        build("files", 0, 1, &store),
        build("files", 11, 1, &store),
        build("files", 10, 2, &store),
        build("files", 10, 1, &MemoryStore::new()),
    ] {
        is_stale(&ask_with_challenge_of(&other));
    }
}

/// Many requests use one challenge at once. Exactly one is admitted.
#[test]
fn a151_one_challenge_admits_one_of_many_requests_at_once() {
    const THREADS: usize = 8;
    let stand = stand();
    for _ in 0..50 {
        let sent = challenge(&stand);
        let fields = (0..THREADS).map(|number| DEVICE.credentials(&sent, &format!("bm{number}")));
        let admitted = AtomicUsize::new(0);
        thread::scope(|scope| {
            for field in fields.collect::<Vec<_>>() {
                let (service, admitted) = (stand.service(), &admitted);
                scope.spawn(move || {
                    let request = get("/").authorization(field).into_request();
                    let Ok(response) = run(service.oneshot(request));
                    admitted.fetch_add(usize::from(response.status() == 200), Ordering::SeqCst);
                });
            }
        });
        assert_eq!(admitted.into_inner(), 1);
    }
}

/// The same for one signature, if a challenge is good for several.
#[test]
fn a151_one_signature_admits_one_of_many_requests_at_once() {
    let stand = server(keys(&[(USER, &DEVICE)]), |builder| {
        builder.max_age(Duration::from_secs(30))
    });
    let field = DEVICE.credentials(&challenge(&stand), "bm8");
    let admitted = AtomicUsize::new(0);
    thread::scope(|scope| {
        for _ in 0..8 {
            let (service, field, admitted) = (stand.service(), &field, &admitted);
            scope.spawn(move || {
                let request = get("/").authorization(field).into_request();
                let Ok(response) = run(service.oneshot(request));
                admitted.fetch_add(usize::from(response.status() == 200), Ordering::SeqCst);
            });
        }
    });
    assert_eq!(admitted.into_inner(), 1);
}

/// Strangers ask for 100,000 challenges, and sign some with unknown keys. The server stores nothing. An account that
/// signs all the time fills no more than its share, and others still log in.
#[test]
fn a150_strangers_use_no_memory_and_an_account_no_more_than_its_share() {
    let (ada, second, other) = (Device::of_vectors(), Device::generate(), Device::generate());
    let known = keys(&[(USER, &ada), (USER, &second), (OTHER_USER, &other)]);
    let store = MemoryStore::new().with_capacity(20);
    let small = store.clone();
    let stand = server(known, move |builder| builder.store(small));
    let stranger = Device::of_vectors().named("c3RyYW5nZXI");
    let service = stand.service();
    for number in 0..100_000 {
        let Ok(response) = run(service.clone().oneshot(get("/").into_request()));
        assert_eq!(response.status(), 401);
        if number % 10_000 == 0 {
            let field = stranger.credentials(&challenge(&stand), "bm8");
            stand.ask(get("/").authorization(field)).is_refused();
        }
    }
    assert_eq!(store.entry_count(), 0);

    // Two devices of one account share one part of the store.
    let mut logins = 0;
    for number in 0..40 {
        let device = if number % 2 == 0 { &ada } else { &second };
        let field = device.credentials(&challenge(&stand), "bm8");
        let status = stand.ask(get("/").authorization(field)).status;
        logins += usize::from(status == 200);
        assert!(status == 200 || status == 503, "{status}");
    }
    assert_eq!(logins, 10, "half of the places");
    let field = other.credentials(&challenge(&stand), "bm8");
    stand
        .ask(get("/").authorization(field))
        .is_admitted_as(OTHER_USER);
}
