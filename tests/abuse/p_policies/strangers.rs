//! Tests optional authentication on a layer with a policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::VARY;
use http::{Method, Response};
use tower::ServiceExt;
use tower_challenge::policy::{PolicyExt, by_method, role};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};
use tower_layer::Layer as _;

use crate::support::{
    Body, Kind, Layer, PASSWORD, Probe, TestRequest, TestServer, TestWorld, USER, get, run,
};

fn allow_all(_: &Principal, _: &RequestHead<'_>) -> bool {
    true
}

/// Adds a policy: every caller may read, and editors may write.
fn with_policy(layer: Layer) -> Layer {
    let editor = role("editor").unwrap();
    let policy = by_method()
        .on([Method::GET], allow_all)
        .on([Method::POST], editor);
    layer.policy(policy.build().unwrap())
}

/// An anonymous client gets no more than a known caller: with a policy, it has to authenticate.
#[test]
fn a154_an_optional_layer_with_a_policy_refuses_anonymous_clients() {
    let orders: [fn(Layer) -> Layer; 3] = [
        |layer| with_policy(layer.optional()),
        |layer| with_policy(layer).optional(),
        |layer| with_policy(layer.clone().optional()).policy(allow_all),
    ];
    for kinds in Kind::orders() {
        for tune in orders {
            for stand in [
                TestServer::tuned(&kinds, tune),
                TestServer::proxy(&kinds, tune),
            ] {
                for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"] {
                    stand.ask(TestRequest::new(method, "/")).is_challenged();
                }
                for kind in &kinds {
                    let ask = get("/");
                    let good = kind.good(&stand, &ask);
                    stand.ask(ask.authorization(good)).is_admitted_as(USER);
                    let ask = TestRequest::new("POST", "/");
                    let good = kind.good(&stand, &ask);
                    stand.ask(ask.authorization(good)).is_forbidden();
                }
            }
        }
    }
}

/// The layer asks a policy about known callers only. For example, `not(role("guest"))` would allow an anonymous client,
/// which has no such role.
#[test]
fn a154_the_layer_asks_no_policy_about_an_anonymous_client() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let policy = move |_: &Principal, _: &RequestHead<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        true
    };
    let no_guest = role("guest").unwrap().not();
    let tune = |layer: Layer| layer.optional().policy(policy).policy(no_guest);
    let stand = TestServer::tuned(&[Kind::Basic], tune);
    stand.ask(get("/")).is_challenged();
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// The documented alternatives work: a public path for reading, or a policy on one route.
#[test]
fn a154_a_public_path_or_a_policy_on_one_route_allows_anonymous_reading() {
    let public = |layer: Layer| {
        let notes = PublicPaths::exactly([Method::GET], "/notes").unwrap();
        with_policy(layer.optional().public_paths(notes))
    };
    let stand = TestServer::tuned(&[Kind::Basic], public);
    assert!(stand.ask(get("/notes")).is_from_inside());
    stand
        .ask(TestRequest::new("POST", "/notes"))
        .is_challenged();
    stand.ask(get("/drafts")).is_challenged();

    let layer = RequireAuth::new(vec![TestWorld::new().basic()]).unwrap();
    let layer = layer.optional();
    let probe = Probe::new();
    let open = layer.layer(probe.clone());
    let writing = layer.layer(RequirePolicy::new(role("editor").unwrap()).layer(probe.clone()));
    let status = |response: Response<Body>| response.status().as_u16();
    let Ok(read) = run(open.oneshot(get("/").into_request()));
    let ask = TestRequest::new("POST", "/");
    let Ok(anonymous) = run(writing.clone().oneshot(ask.clone().into_request()));
    let Ok(reader) = run(writing.oneshot(ask.basic(USER, PASSWORD).into_request()));
    assert_eq!([read, anonymous, reader].map(status), [200, 401, 403]);
    assert_eq!(probe.calls(), 1);
}

/// A policy on a clone of an optional layer applies to the clone only. The original still admits anonymous clients.
#[test]
fn a154_a_policy_on_a_clone_applies_to_the_clone_only() {
    let layer = RequireAuth::new(vec![TestWorld::new().basic()])
        .unwrap()
        .optional();
    let probe = Probe::new();
    let (open, bound) = (layer.clone(), with_policy(layer));
    let ask = |layer: Layer| {
        let Ok(response) = run(layer.layer(probe.clone()).oneshot(get("/").into_request()));
        response.status().as_u16()
    };
    assert_eq!([ask(open), ask(bound)], [200, 401]);
}

/// With a policy, a URL has no anonymous answer, so the layer adds no `Vary`.
#[test]
fn a154_the_answers_of_an_optional_layer_with_a_policy_do_not_vary() {
    let varies = |tune: fn(Layer) -> Layer| {
        let stand = TestServer::tuned(&[Kind::Basic], tune);
        let answer = stand.ask(get("/").basic(USER, PASSWORD));
        answer.headers.contains_key(VARY)
    };
    assert!(varies(Layer::optional));
    assert!(!varies(|layer| layer.optional().policy(allow_all)));
}
