//! The layer beside tower-http's deprecated one and a hand-written `from_fn`, in one run, by the clock.
//!
//! `cargo bench --bench side_by_side`. Compare within a run; seconds on a shared machine drift.
#![expect(clippy::unwrap_used, reason = "a bench that cannot start says where")]

#[path = "support/scratchstack.rs"]
mod other;
mod support;

use std::convert::Infallible;
use std::hint::black_box;

use axum::Router;
use axum::body::Body as AxumBody;
use axum::middleware::{Next, from_fn};
use axum::routing::get;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use criterion::{BatchSize, Criterion};
use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response, StatusCode};
use support::{
    BASIC, BenchRequest, Body, Inner, TOKEN, basic, bearer, digest, digest_requests, now, request,
    signed_request, sigv4,
};
use tower::{Layer, Service, ServiceExt};
use tower_challenge::RequireAuth;
use tower_challenge::scheme::digest::Algorithm;
use tower_http::validate_request::ValidateRequestHeaderLayer;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    #[expect(deprecated, reason = "the layer that this crate replaces")]
    plain_services(&mut criterion);
    digests(&mut criterion);
    signatures(&mut criterion);
    routers(&mut criterion);
    criterion.final_summary();
}

#[deprecated = "it uses what is"]
#[expect(deprecated, reason = "the layer that this crate replaces")]
fn plain_services(criterion: &mut Criterion) {
    let bearer_token = format!("Bearer {TOKEN}");
    let ours = RequireAuth::new(bearer()).unwrap().layer(Inner);
    run(
        criterion,
        "bearer accepted/tower-challenge",
        ours.clone(),
        &bearer_token,
    );
    let theirs = ValidateRequestHeaderLayer::bearer(TOKEN).layer(Inner);
    run(
        criterion,
        "bearer accepted/tower-http",
        theirs,
        &bearer_token,
    );
    run(criterion, "bearer accepted/no layer", Inner, &bearer_token);
    run(criterion, "bearer 401/tower-challenge", ours, "");

    let ours = RequireAuth::new(basic()).unwrap().layer(Inner);
    run(
        criterion,
        "basic accepted/tower-challenge",
        ours.clone(),
        BASIC,
    );
    let theirs = ValidateRequestHeaderLayer::basic("Aladdin", "open sesame").layer(Inner);
    run(
        criterion,
        "basic accepted/tower-http",
        theirs.clone(),
        BASIC,
    );
    run(criterion, "basic 401/tower-challenge", ours, "");
    run(criterion, "basic 401/tower-http", theirs, "");
}

fn run<S>(criterion: &mut Criterion, name: &str, mut service: S, authorization: &str)
where
    S: Service<BenchRequest, Response = Response<Body>, Error = Infallible>,
{
    let request = request(authorization);
    criterion.bench_function(name, |bencher| {
        let answer = |request| black_box(now(&mut service, request));
        bencher.iter_batched(|| request.clone(), answer, BatchSize::SmallInput);
    });
}

/// A nonce has 4096 counts, so that each sample takes a new one.
fn digests(criterion: &mut Criterion) {
    for algorithm in [Algorithm::Md5, Algorithm::Sha256, Algorithm::Sha512_256] {
        let mut service = RequireAuth::new(digest(algorithm)).unwrap().layer(Inner);
        let mut requests = Vec::new();
        let name = format!("digest {algorithm} accepted/tower-challenge");
        let mut issuing = service.clone();
        criterion.bench_function(&name, |bencher| {
            let mut next = || {
                if requests.is_empty() {
                    requests = digest_requests(&mut issuing, algorithm, 4096);
                }
                requests.pop().expect("they were just made")
            };
            let answer = |request| black_box(now(&mut service, request));
            bencher.iter_batched(&mut next, answer, BatchSize::SmallInput);
        });
    }
}

/// With a key that is kept, of a request without a body.
fn signatures(criterion: &mut Criterion) {
    let mut service = RequireAuth::new(sigv4()).unwrap().layer(Inner);
    criterion.bench_function("sigv4 accepted/tower-challenge", |bencher| {
        let answer = |request| black_box(now(&mut service, request));
        bencher.iter_batched(signed_request, answer, BatchSize::SmallInput);
    });
    let mut verify = other::scratchstack();
    criterion.bench_function("sigv4 accepted/scratchstack", |bencher| {
        let verify = |request| verify(&request);
        bencher.iter_batched(signed_request, verify, BatchSize::SmallInput);
    });
}

/// What people write by hand.
async fn by_hand(request: Request<AxumBody>, next: Next) -> Response<AxumBody> {
    let credentials = request.headers().get(AUTHORIZATION);
    let decoded = credentials
        .and_then(|value| value.to_str().ok()?.strip_prefix("Basic "))
        .and_then(|token68| STANDARD.decode(token68).ok());
    if decoded.as_deref() == Some(b"Aladdin:open sesame") {
        return next.run(request).await;
    }
    let refused = Response::builder().status(StatusCode::UNAUTHORIZED);
    let refused = refused.header(WWW_AUTHENTICATE, "Basic realm=\"interop\"");
    refused.body(AxumBody::empty()).expect("it is well-formed")
}

fn routers(criterion: &mut Criterion) {
    let app = || Router::new().route("/dir/index.html", get(async || "hello"));
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .expect("a runtime");
    let mut run = |name: &str, app: Router| {
        let request = || request(BASIC).map(AxumBody::new);
        criterion.bench_function(name, |bencher| {
            let answer = |request| runtime.block_on(app.clone().oneshot(request));
            bencher.iter_batched(request, answer, BatchSize::SmallInput);
        });
    };
    run("axum basic/no layer", app());
    run("axum basic/from_fn by hand", app().layer(from_fn(by_hand)));
    run(
        "axum basic/tower-challenge",
        app().layer(RequireAuth::new(basic()).unwrap()),
    );
}
