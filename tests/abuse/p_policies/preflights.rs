//! Tests requests that look like preflights.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::body::Body;
use axum::routing::any;
use http::{Request, Response, StatusCode, Version};
use tower::ServiceExt;
use tower_challenge::{Principal, RequestHead, RequireAuth};
use tower_http::cors::CorsLayer;

use crate::support::{Kind, Layer, TestWorld, run};
use crate::wire::Breaking;

/// Returns a route that answers every method, and a counter of its calls.
fn app(tune: fn(Layer) -> Layer) -> (Router, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&calls);
    let handler = any(move || {
        count.fetch_add(1, Ordering::SeqCst);
        async { "everything" }
    });
    let basic = Kind::Basic.build(&TestWorld::new());
    let auth = tune(RequireAuth::new(vec![basic]).unwrap());
    (Router::new().route("/", handler).layer(auth), calls)
}

fn preflight(version: Version, body: Body) -> Request<Body> {
    let request = Request::builder().method("OPTIONS").version(version);
    let request = request.header("origin", "https://app.example");
    let request = request.header("access-control-request-method", "PUT");
    request.body(body).unwrap()
}

/// Returns a body of unknown length, as over HTTP/2 without `Content-Length`.
fn unknown_length() -> Body {
    Body::new(Breaking::after(&["drop ", "table"], false))
}

fn ask(app: &Router, request: Request<Body>) -> Response<Body> {
    let Ok(response) = run(app.clone().oneshot(request));
    response
}

/// A preflight without credentials reaches no handler, in both versions of HTTP, with or without a body.
#[test]
fn a155_a_preflight_reaches_no_handler() {
    let tunings: [fn(Layer) -> Layer; 2] = [
        |layer| layer,
        |layer| {
            layer
                .optional()
                .policy(|_: &Principal, _: &RequestHead<'_>| true)
        },
    ];
    for tune in tunings {
        let (app, calls) = app(tune);
        for version in [Version::HTTP_11, Version::HTTP_2] {
            for body in [Body::empty(), Body::from("drop table"), unknown_length()] {
                let response = ask(&app, preflight(version, body));
                assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
            }
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }
}

/// The documented way: a CORS layer around this one answers the preflight, and does not call the handler either.
#[test]
fn a155_a_cors_layer_answers_a_preflight_without_the_handler() {
    let (app, calls) = app(|layer| layer);
    let app = app.layer(CorsLayer::permissive());
    for version in [Version::HTTP_11, Version::HTTP_2] {
        let response = ask(&app, preflight(version, Body::from("drop table")));
        assert_eq!(response.status(), StatusCode::OK);
        let allowed = response.headers().get("access-control-allow-origin");
        assert!(allowed.is_some());
    }
    assert_eq!(calls.load(Ordering::SeqCst), 0);
}
