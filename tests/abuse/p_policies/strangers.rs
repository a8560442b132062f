//! Optional authentication beside a policy.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use http::header::VARY;
use http::{Method, Response};
use tower::ServiceExt;
use tower_challenge::policy::{PolicyExt, by_method, role};
use tower_challenge::require_auth::PublicPaths;
use tower_challenge::{Principal, RequestHead, RequireAuth, RequirePolicy};
use tower_layer::Layer as _;

use crate::support::{Ask, Body, Kind, Layer, PASSWORD, Probe, Stand, USER, World, get, run};

fn anyone(_: &Principal, _: &RequestHead<'_>) -> bool {
    true
}

/// Reading for anyone, writing for editors.
fn bound(layer: Layer) -> Layer {
    let editor = role("editor").unwrap();
    let policy = by_method()
        .on([Method::GET], anyone)
        .on([Method::POST], editor);
    layer.policy(policy.build().unwrap())
}

/// A stranger may not do what a known caller may not.
#[test]
fn a154_optional_beside_a_policy_of_the_layer_opens_nothing() {
    let orders: [fn(Layer) -> Layer; 3] = [
        |layer| bound(layer.optional()),
        |layer| bound(layer).optional(),
        |layer| bound(layer.clone().optional()).policy(anyone),
    ];
    for kinds in Kind::orders() {
        for tune in orders {
            for stand in [Stand::tuned(&kinds, tune), Stand::proxy(&kinds, tune)] {
                for method in ["GET", "HEAD", "POST", "DELETE", "OPTIONS", "BREW"] {
                    stand.ask(Ask::new(method, "/")).is_challenged();
                }
                for kind in &kinds {
                    let ask = get("/");
                    let good = kind.good(&stand, &ask);
                    stand.ask(ask.authorization(good)).is_admitted_as(USER);
                    let ask = Ask::new("POST", "/");
                    let good = kind.good(&stand, &ask);
                    stand.ask(ask.authorization(good)).is_forbidden();
                }
            }
        }
    }
}

/// A policy is asked about callers who are known. `not(role("guest"))` allows everybody who has no such role.
#[test]
fn a154_no_policy_is_asked_about_a_stranger() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let policy = move |_: &Principal, _: &RequestHead<'_>| {
        count.fetch_add(1, Ordering::SeqCst);
        true
    };
    let no_guest = role("guest").unwrap().not();
    let tune = |layer: Layer| layer.optional().policy(policy).policy(no_guest);
    let stand = Stand::tuned(&[Kind::Basic], tune);
    stand.ask(get("/")).is_challenged();
    assert_eq!(asked.load(Ordering::SeqCst), 0);
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    assert_eq!(asked.load(Ordering::SeqCst), 1);
}

/// What the documentation names in its place: public reading, or a policy of one route.
#[test]
fn a154_reading_for_all_is_public_or_has_a_route_of_its_own() {
    let public = |layer: Layer| {
        let notes = PublicPaths::exactly([Method::GET], "/notes").unwrap();
        bound(layer.optional().public_paths(notes))
    };
    let stand = Stand::tuned(&[Kind::Basic], public);
    assert!(stand.ask(get("/notes")).is_from_inside());
    stand.ask(Ask::new("POST", "/notes")).is_challenged();
    stand.ask(get("/drafts")).is_challenged();

    let layer = RequireAuth::new(vec![World::new().basic()]).unwrap();
    let layer = layer.optional();
    let probe = Probe::new();
    let open = layer.layer(probe.clone());
    let writing = layer.layer(RequirePolicy::new(role("editor").unwrap()).layer(probe.clone()));
    let status = |response: Response<Body>| response.status().as_u16();
    let Ok(read) = run(open.oneshot(get("/").into_request()));
    let ask = Ask::new("POST", "/");
    let Ok(stranger) = run(writing.clone().oneshot(ask.clone().into_request()));
    let Ok(reader) = run(writing.oneshot(ask.basic(USER, PASSWORD).into_request()));
    assert_eq!([read, stranger, reader].map(status), [200, 401, 403]);
    assert_eq!(probe.calls(), 1);
}

/// A clone of an optional layer that is given a policy is bound; the layer that it was cloned from stays open.
#[test]
fn a154_a_clone_for_a_route_is_bound_by_the_policy_of_the_route() {
    let layer = RequireAuth::new(vec![World::new().basic()])
        .unwrap()
        .optional();
    let probe = Probe::new();
    let (open, bound) = (layer.clone(), bound(layer));
    let ask = |layer: Layer| {
        let Ok(response) = run(layer.layer(probe.clone()).oneshot(get("/").into_request()));
        response.status().as_u16()
    };
    assert_eq!([ask(open), ask(bound)], [200, 401]);
}

/// One URL has one answer again, so caches are told nothing more than by a layer that requires credentials.
#[test]
fn a154_the_answers_vary_as_those_of_a_required_layer() {
    let varies = |tune: fn(Layer) -> Layer| {
        let stand = Stand::tuned(&[Kind::Basic], tune);
        let answer = stand.ask(get("/").basic(USER, PASSWORD));
        answer.headers.contains_key(VARY)
    };
    assert!(varies(Layer::optional));
    assert!(!varies(|layer| layer.optional().policy(anyone)));
}
