//! Tests which events the listener of fetches gets.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use tower_challenge::ConfigError;
use tower_challenge::audit::{Audit, AuditEvent, MaintenanceNote};
use tower_challenge::jose::KeySource;
use tower_challenge::jwks::{FetchEvent, RemoteKeys};

use crate::issuer::{Behaviour, FakeIssuer, IssuerKey, URL, jwks, names, names_of};

const LATER: Duration = Duration::from_secs(3600);

fn failed(why: &str) -> FetchEvent {
    FetchEvent::Failed(ConfigError::new(why.to_owned()))
}

#[tokio::test]
async fn each_failure_is_an_event_and_good_keys_are_one_only_if_they_are_news() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.keys();
    names(&keys).await.unwrap();
    assert_eq!(issuer.events(), [FetchEvent::Fetched]);
    issuer.clock().advance(LATER);
    names(&keys).await.unwrap();
    assert_eq!(
        (issuer.count(), issuer.events()),
        (2, vec![]),
        "the same keys"
    );

    issuer.set(Behaviour::Answer(503, String::new()));
    for _ in 0..3 {
        issuer.clock().advance(LATER);
        names(&keys).await.unwrap();
        crate::issuer::settle().await;
        let events = issuer.events();
        assert_eq!(
            events,
            [failed("https://as.example/jwks: the status is 503")]
        );
    }
    issuer.set(Behaviour::Panic);
    issuer.clock().advance(LATER);
    names(&keys).await.unwrap();
    crate::issuer::settle().await;
    let panicked = failed("https://as.example/jwks: the HTTP client panicked");
    assert_eq!(issuer.events(), [panicked]);
    issuer.publish(&["b"]);
    issuer.clock().advance(LATER);
    names(&keys).await.unwrap();
    crate::issuer::settle().await;
    assert_eq!(issuer.events(), [FetchEvent::Fetched]);
}

#[tokio::test]
async fn each_key_that_is_skipped_is_an_event_once() {
    let good = IssuerKey::new("a").jwk();
    let bad = [
        r#"{"kty":"oct","kid":"b","k":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}"#.to_owned(),
        good.replace("\"kid\":\"a\"", "\"d\":\"AAAA\""),
        "7".to_owned(),
    ];
    let mut all = bad.to_vec();
    all.insert(1, good);
    let issuer = FakeIssuer::new(Behaviour::Answer(200, jwks(&all)));
    let keys = issuer.keys();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    let texts = Vec::from_iter(issuer.events().iter().map(|event| {
        assert!(matches!(event, FetchEvent::FetchedWith(_)));
        event.fault().unwrap().to_string()
    }));
    assert_eq!(
        texts,
        [
            "key 1: a secret must not be published (kty)",
            "key 3: it has the private part of a key pair: use the public key alone",
            "key 4: it is not a JSON object with unique names",
        ]
    );
    issuer.clock().advance(LATER);
    names(&keys).await.unwrap();
    assert_eq!(issuer.events(), []);
}

/// An issuer cannot fill a log: a set may have 64 keys.
#[tokio::test]
async fn at_most_sixteen_keys_are_reported_for_one_set() {
    let mut all = vec!["7".to_owned(); 63];
    all.push(IssuerKey::new("a").jwk());
    let issuer = FakeIssuer::new(Behaviour::Answer(200, jwks(&all)));
    assert_eq!(names(&issuer.keys()).await.unwrap(), ["a"]);
    assert_eq!(issuer.events().len(), 16);
}

#[tokio::test]
async fn a_listener_that_panics_changes_nothing() {
    let issuer = FakeIssuer::publishing(&["a"]);
    let keys = issuer.connect(RemoteKeys::at(URL));
    let keys = keys.on_fetch(|_| panic!("the listener of a test panics"));
    let keys = keys.build().unwrap();
    assert_eq!(names(&keys).await.unwrap(), ["a"]);
    issuer.publish(&["b"]);
    issuer.clock().advance(LATER);
    let keys = keys.keys().await.unwrap();
    assert_eq!(names_of(&keys), ["b"]);
}

/// The name of what a note is about, and the fault.
type Note = (&'static str, Option<String>);

struct Notes(Arc<Mutex<Vec<Note>>>);

impl Audit for Notes {
    fn record(&self, _: &AuditEvent<'_>) {}

    fn note(&self, note: &MaintenanceNote<'_>) {
        let fault = note.fault().map(ToString::to_string);
        self.0.lock().unwrap().push((note.what(), fault));
    }
}

#[tokio::test]
async fn each_failure_is_a_note_of_an_audit_without_the_query_of_the_url() {
    let notes = Arc::default();
    let audit = Notes(Arc::clone(&notes));
    let issuer = FakeIssuer::new(Behaviour::Answer(500, String::new()));
    let keys = issuer.connect(RemoteKeys::at("https://as.example/jwks?key=canary"));
    assert!(!format!("{keys:?}").contains("canary"));
    let keys = keys.on_fetch(move |event| audit.note(&MaintenanceNote::new("keys", event.fault())));
    let keys = keys.build().unwrap();
    assert!(!format!("{keys:?}").contains("canary"));
    names(&keys).await.unwrap_err();
    issuer.publish(&["a"]);
    issuer.clock().advance(LATER);
    names(&keys).await.unwrap();
    let expected = [
        (
            "keys",
            Some("https://as.example/jwks: the status is 500".to_owned()),
        ),
        ("keys", None),
    ];
    assert_eq!(*notes.lock().unwrap(), expected);
    assert_eq!(issuer.urls()[0], "https://as.example/jwks?key=canary");
}
