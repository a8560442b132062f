//! Tests the store over a connection through TLS, as the application brings it.

use std::path::PathBuf;
use std::sync::Once;

use ::redis::{Client, TlsCertificates};
use rustls::crypto::ring;
use tower_challenge::store::conformance::{self, replay_store};
use tower_challenge::store::{RedisStore, RedisStoreBuilder};

use crate::backend::{KEY, PATIENT, RUNTIME, RealTime, SetTime, connect};
use crate::redis::RedisServer;

/// The path of a file of `tests/vectors/tls`. `authority` has signed the certificate `loopback`.
fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/vectors/tls")
        .join(name)
}

fn start_server() -> RedisServer {
    RedisServer::start_with_tls(&file("loopback.pem"), &file("loopback.key"))
}

/// A client that trusts this authority alone.
fn client(server: &RedisServer, authority: &str) -> Client {
    static PROVIDER: Once = Once::new();
    // The tests compile two providers, and the client asks for that of the process.
    PROVIDER.call_once(|| ring::default_provider().install_default().unwrap());
    let certificates = TlsCertificates {
        client_tls: None,
        root_cert: Some(std::fs::read(file(authority)).unwrap()),
    };
    Client::build_with_tls(server.tls_url(), certificates).unwrap()
}

fn tls_builder(server: &RedisServer) -> RedisStoreBuilder {
    let client = client(server, "authority.pem");
    RedisStore::builder(KEY, move || connect(client.clone())).budget(PATIENT)
}

#[test]
fn the_store_passes_the_suite_for_replay_stores_through_tls() {
    let server = start_server();
    replay_store(|| RealTime::new(tls_builder(&server), vec![&server]));
}

/// The checks that take many calls at once, or several steps. The others take the same path.
#[test]
fn the_store_passes_checks_for_throttle_stores_through_tls() {
    let server = start_server();
    let new = || SetTime::new(tls_builder(&server));
    conformance::the_store_grants_exactly_the_limit(&new());
    conformance::the_store_grants_exactly_the_limit_to_1000_callers_at_once(&new());
    conformance::subscribers_and_subnets_have_their_limits(&new());
    conformance::an_undone_or_successful_attempt_is_returned(&new());
    conformance::a_familiar_location_has_its_own_budget(&new());
}

/// Otherwise the suites above could pass without TLS.
#[test]
fn a_store_does_not_use_a_server_whose_certificate_it_does_not_trust() {
    let server = start_server();
    let stranger = client(&server, "other-authority.pem");
    let ready = RUNTIME.block_on(async {
        let client = stranger.clone();
        let store = RedisStore::builder(KEY, move || connect(client.clone()));
        let store = store.budget(PATIENT).start().unwrap();
        store.ready().await
    });
    assert!(ready.is_err());
    let refused = || {
        RUNTIME
            .block_on(connect(stranger.clone()))
            .map(drop)
            .unwrap_err()
    };
    // On a busy machine, a handshake may be too late.
    let mut refused = (0..20).map(|_| refused()).filter(|why| !why.is_timeout());
    let why = refused.next().unwrap().to_string();
    assert!(why.contains("certificate"), "{why}");
}
