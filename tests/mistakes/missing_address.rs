//! A throttle that does not know the addresses of the clients, for example because axum serves without `ConnectInfo`.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::extract::ConnectInfo;
use axum::routing::get as axum_get;
use http::{Request, Response};
use tower::{Layer as _, ServiceExt};
use tower_challenge::audit::{Audit, AuditEvent, MaintenanceNote};
use tower_challenge::client::{ClientResolver, ForwardedHeader, PeerAddress};
use tower_challenge::throttle::FailureThrottle;

use crate::support::{
    Kind, Layer, PASSWORD, Probe, TestRequest, TestServer, TestWorld, USER, get, run, sinks,
};

/// An audit that keeps the notes.
#[derive(Clone, Default)]
struct Notes(Arc<Mutex<Vec<(String, String)>>>);

impl Notes {
    fn take(&self) -> Vec<(String, String)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl Audit for Notes {
    fn record(&self, _: &AuditEvent<'_>) {}

    fn note(&self, note: &MaintenanceNote<'_>) {
        let fault = note.fault().unwrap().to_string();
        self.0.lock().unwrap().push((note.what().to_owned(), fault));
    }
}

fn layer() -> Layer {
    let scheme = TestWorld::new().basic();
    tower_challenge::RequireAuth::new(vec![scheme]).unwrap()
}

fn peer() -> SocketAddr {
    SocketAddr::from(([192, 0, 2, 1], 40_000))
}

fn ask(layer: &Layer, asks: impl IntoIterator<Item = TestRequest>) {
    let service = layer.layer(Probe::new());
    for ask in asks {
        let Ok(_) = run(service.clone().oneshot(ask.into_request()));
    }
}

#[test]
fn the_audit_learns_once_that_the_address_is_unknown() {
    let notes = Notes::default();
    let layer = layer()
        .throttle(FailureThrottle::new().unwrap())
        .audit(notes.clone());
    ask(
        &layer,
        [
            get("/"),
            get("/")
                .basic(USER, PASSWORD)
                .extension(PeerAddress(peer())),
        ],
    );
    assert_eq!(notes.take(), [], "no attempt was without an address");

    ask(
        &layer,
        [
            get("/").basic(USER, PASSWORD),
            get("/").basic(USER, PASSWORD),
        ],
    );
    let [(what, fault)] = &notes.take()[..] else {
        panic!("one note");
    };
    assert_eq!(what, "client address");
    assert!(
        fault.contains("into_make_service_with_connect_info::<SocketAddr>()"),
        "{fault}"
    );
    assert!(fault.contains("insert a `PeerAddress`"), "{fault}");
    assert!(fault.len() <= 256, "the audits cut longer texts");

    ask(&layer.clone().optional(), [get("/").basic(USER, PASSWORD)]);
    assert_eq!(notes.take(), [], "clones share the note");
}

#[test]
fn the_audit_learns_that_a_proxy_does_not_name_its_client() {
    let notes = Notes::default();
    let behind = ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["192.0.2.1"]);
    let layer = layer()
        .client(behind.unwrap())
        .throttle(FailureThrottle::new().unwrap());
    let layer = layer.audit(notes.clone());
    let from_proxy = || {
        get("/")
            .basic(USER, PASSWORD)
            .extension(PeerAddress(peer()))
    };
    ask(
        &layer,
        [from_proxy().field("x-forwarded-for", "203.0.113.7")],
    );
    assert_eq!(notes.take(), []);
    ask(&layer, [from_proxy(), from_proxy()]);
    let [(_, fault)] = &notes.take()[..] else {
        panic!("one note");
    };
    assert!(fault.contains("let the proxy set the field"), "{fault}");
    assert!(fault.len() <= 256, "the audits cut longer texts");
}

#[test]
fn without_a_throttle_the_address_may_be_unknown() {
    let notes = Notes::default();
    ask(
        &layer().audit(notes.clone()),
        [get("/").basic(USER, PASSWORD)],
    );
    assert_eq!(notes.take(), []);
}

/// A layer without an audit tells `tracing`.
#[test]
fn tracing_learns_that_the_address_is_unknown() {
    let _ = (sinks::all(), sinks::take());
    let layer = layer().throttle(FailureThrottle::new().unwrap());
    ask(
        &layer,
        [
            get("/").basic(USER, PASSWORD),
            get("/").basic(USER, PASSWORD),
        ],
    );
    let [event] = &sinks::take().traced[..] else {
        panic!("one event");
    };
    assert_eq!(event.level, tracing::Level::ERROR);
    assert_eq!(event.field("message"), Some("configuration"));
    assert!(
        event
            .field("mistake")
            .unwrap()
            .contains("does not tell the layer the address")
    );
}

/// An audit that panics changes no decision.
#[test]
fn a_note_that_panics_changes_nothing() {
    struct Panics;

    impl Audit for Panics {
        fn record(&self, _: &AuditEvent<'_>) {}

        fn note(&self, _: &MaintenanceNote<'_>) {
            panic!("the audit panics on purpose");
        }
    }

    let server = TestServer::tuned(&[Kind::Basic], |layer| layer.audit(Panics));
    let response = run(server
        .service()
        .oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(response.unwrap().status(), 200);
}

/// The served axum application: without `ConnectInfo` there is a note, with it there is none.
#[tokio::test]
async fn axum_without_connect_info() {
    let notes = Notes::default();
    let layer = layer()
        .throttle(FailureThrottle::new().unwrap())
        .audit(notes.clone());
    let app = axum::Router::new()
        .route("/", axum_get(|| async { "hello" }))
        .layer(layer);
    let login = |connected: bool| {
        let ask: Request<_> = get("/").basic(USER, PASSWORD).into_request();
        let mut ask = ask.map(|_| axum::body::Body::empty());
        if connected {
            ask.extensions_mut().insert(ConnectInfo(peer()));
        }
        let answer = app.clone().oneshot(ask);
        async {
            answer
                .await
                .map(|response: Response<_>| response.status().as_u16())
        }
    };
    assert_eq!((login(true).await, notes.take()), (Ok(200), vec![]));
    assert_eq!(login(false).await, Ok(200));
    assert_eq!(notes.take().len(), 1);
}
