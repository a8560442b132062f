//! Tests of Tower's contract: a layer calls the service that was polled ready, and a request that does not call it
//! gives its reservation back.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

#[path = "support/watchdog.rs"]
pub mod watchdog;

use std::convert::Infallible;
use std::future::{Pending, pending, ready};
use std::task::{Context, Poll};
use std::time::Duration;

use http::header::AUTHORIZATION;
use http::{Request, Response};
use tower::limit::ConcurrencyLimitLayer;
use tower::{Layer, Service, ServiceBuilder, ServiceExt, service_fn};
use tower_challenge::scheme::Bearer;
use tower_challenge::{
    NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy, Secret, Unavailable,
};

use self::watchdog::Watchdog;

/// A layer whose verifier answers later.
fn waiting_layer() -> RequireAuth<
    impl tower_challenge::Scheme<Identity = Principal, BodyAccess = tower_challenge::scheme::BodyUnread>,
> {
    let verifier = |token: Secret<'_>| {
        let known = token.matches("good").then(|| Principal::new("ada"));
        NowOrLater::later(async move {
            tokio::task::yield_now().await;
            Ok::<_, Unavailable>(known)
        })
    };
    RequireAuth::new(Bearer::new("interop", verifier).unwrap()).unwrap()
}

/// A layer whose verifier answers now.
fn immediate_layer() -> RequireAuth<
    impl tower_challenge::Scheme<Identity = Principal, BodyAccess = tower_challenge::scheme::BodyUnread>,
> {
    let verifier = |token: Secret<'_>| token.matches("good").then(|| Principal::new("ada"));
    RequireAuth::new(Bearer::new("interop", verifier).unwrap()).unwrap()
}

fn request(token: &str) -> Request<()> {
    let value = format!("Bearer {token}");
    Request::builder()
        .header(AUTHORIZATION, value)
        .body(())
        .unwrap()
}

/// A service that handles one request at a time, and panics if it is called without having been polled ready.
macro_rules! one_at_a_time {
    ($layer:expr) => {
        ServiceBuilder::new()
            .layer($layer)
            .layer(ConcurrencyLimitLayer::new(1))
            .service(service_fn(|_: Request<()>| {
                ready(Ok::<_, Infallible>(Response::new(())))
            }))
    };
}

/// Returns the status of the response. It panics if there is none after one second, on a clock that advances only while
/// every task waits.
async fn answers<S>(service: &mut S, request: Request<()>) -> u16
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let answer = async { service.ready().await.unwrap().call(request).await.unwrap() };
    let answer = tokio::time::timeout(Duration::from_secs(1), answer);
    let response = answer.await.expect("the service answers in time");
    response.status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn the_layer_calls_the_ready_service_with_and_without_waiting() {
    let (mut now, mut later) = (
        one_at_a_time!(immediate_layer()),
        one_at_a_time!(waiting_layer()),
    );
    for token in ["good", "bad", "good", "good"] {
        let expected = if token == "good" { 200 } else { 401 };
        assert_eq!(answers(&mut now, request(token)).await, expected);
        assert_eq!(answers(&mut later, request(token)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_gives_back_the_reservation_of_poll_ready() {
    let (mut now, mut later) = (
        one_at_a_time!(immediate_layer()),
        one_at_a_time!(waiting_layer()),
    );
    let (mut now_too, mut later_too) = (now.clone(), later.clone());
    assert_eq!(answers(&mut now, request("bad")).await, 401);
    assert_eq!(
        answers(&mut now_too, request("good")).await,
        200,
        "the reservation was given back"
    );
    assert_eq!(answers(&mut later, request("bad")).await, 401);
    assert_eq!(
        answers(&mut later_too, request("good")).await,
        200,
        "the reservation was given back"
    );
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_dropped_gives_its_reservation_back() {
    let mut service = one_at_a_time!(waiting_layer());
    let mut other = service.clone();
    let mut answer = Box::pin(service.ready().await.unwrap().call(request("good")));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_pending()));
    assert!(polled.await, "the client goes away in the middle");
    drop(answer);
    assert_eq!(answers(&mut other, request("good")).await, 200);
}

/// A service that is never ready, and panics if it is called.
#[derive(Clone)]
struct NeverReady;

impl Service<Request<()>> for NeverReady {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Pending<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Pending
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        panic!("called before it was ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_is_not_called() {
    let mut service = immediate_layer().layer(NeverReady);
    let ready = tokio::time::timeout(Duration::from_secs(1), service.ready());
    assert!(
        ready.await.is_err(),
        "the layer is ready only if the inner service is"
    );
}

/// A service whose `poll_ready` always fails.
#[derive(Clone)]
struct Broken;

impl Service<Request<()>> for Broken {
    type Response = Response<()>;
    type Error = &'static str;
    type Future = Pending<Result<Response<()>, &'static str>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), &'static str>> {
        Poll::Ready(Err("broken"))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        pending()
    }
}

#[tokio::test]
async fn the_layer_passes_on_the_error_of_poll_ready() {
    let mut service = immediate_layer().layer(Broken);
    assert_eq!(service.ready().await.err(), Some("broken"));
}

#[tokio::test(start_paused = true)]
async fn a_policy_that_waits_decides_about_the_ready_service() {
    let _watchdog = Watchdog::start("the layer has asked each policy");
    let slow = |caller: &Principal, _: &RequestHead<'_>| {
        let may = caller.name() == "ada";
        NowOrLater::later(async move {
            tokio::task::yield_now().await;
            Ok::<_, Unavailable>(may)
        })
    };
    let mut now = one_at_a_time!(immediate_layer().policy(slow));
    let mut later = one_at_a_time!(waiting_layer().policy(slow).policy(slow));
    assert_eq!(answers(&mut now, request("good")).await, 200);
    assert_eq!(answers(&mut later, request("good")).await, 200);
    assert_eq!(answers(&mut later, request("bad")).await, 401);
}

#[test]
fn an_application_can_name_clone_send_and_debug_layer_service_and_future() {
    type Verifier = fn(Secret<'_>) -> Option<Principal>;
    fn is_good<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    fn is_sent<T: Send>(_: &T) {}
    #[derive(Clone, Debug)]
    struct Held {
        layer: RequireAuth<Bearer<Verifier>>,
    }
    let refuse_all: Verifier = |_| None;
    let held = Held {
        layer: RequireAuth::new(Bearer::new("interop", refuse_all).unwrap()).unwrap(),
    };
    is_good(&held);
    #[derive(Clone, Debug)]
    struct Inner;
    impl Service<Request<()>> for Inner {
        type Response = Response<()>;
        type Error = Infallible;
        type Future = std::future::Ready<Result<Response<()>, Infallible>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, _: Request<()>) -> Self::Future {
            ready(Ok(Response::new(())))
        }
    }
    let mut service = held.layer.layer(Inner);
    is_good(&service);
    is_sent(&service.call(request("bad")));
}

/// A policy for a route. It answers later if `slow`.
fn route_policy(slow: bool) -> RequirePolicy {
    RequirePolicy::new(move |caller: &Principal, request: &RequestHead<'_>| {
        let may = caller.name() == "ada" && request.method() == "GET";
        if !slow {
            return NowOrLater::now(Ok(may));
        }
        NowOrLater::later(async move {
            tokio::task::yield_now().await;
            Ok::<_, Unavailable>(may)
        })
    })
}

fn delete() -> Request<()> {
    let mut request = request("good");
    *request.method_mut() = http::Method::DELETE;
    request
}

#[tokio::test(start_paused = true)]
async fn a_route_calls_the_ready_service_or_gives_its_reservation_back() {
    for slow in [false, true] {
        let layers = || {
            ServiceBuilder::new()
                .layer(waiting_layer())
                .layer(route_policy(slow))
        };
        let mut service = one_at_a_time!(layers());
        let mut other = service.clone();
        for _ in 0..3 {
            assert_eq!(answers(&mut service, request("good")).await, 200);
            assert_eq!(answers(&mut service, delete()).await, 403);
            assert_eq!(answers(&mut other, request("good")).await, 200);
            assert_eq!(answers(&mut service, request("bad")).await, 401);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_route_without_a_layer_around_it_gives_its_reservation_back() {
    let mut service = one_at_a_time!(route_policy(false));
    let mut other = service.clone();
    for _ in 0..3 {
        assert_eq!(answers(&mut service, request("good")).await, 500);
        assert_eq!(answers(&mut other, request("good")).await, 500);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_of_a_route_that_is_dropped_gives_its_reservation_back() {
    let layers = ServiceBuilder::new()
        .layer(immediate_layer())
        .layer(route_policy(true));
    let mut service = one_at_a_time!(layers);
    let mut other = service.clone();
    let mut answer = Box::pin(service.ready().await.unwrap().call(request("good")));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_pending()));
    assert!(polled.await, "the client goes away in the middle");
    drop(answer);
    assert_eq!(answers(&mut other, request("good")).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_route_is_ready_only_if_the_inner_service_is() {
    let mut service = route_policy(false).layer(NeverReady);
    let ready = tokio::time::timeout(Duration::from_secs(1), service.ready());
    assert!(ready.await.is_err());
    let mut service = route_policy(false).layer(Broken);
    assert_eq!(service.ready().await.err(), Some("broken"));
}
