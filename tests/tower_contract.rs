//! Tower's contract: the service that is called is the one that was polled ready, and what it reserved is given back.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

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

/// A token is known after a while.
fn waits() -> RequireAuth<
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

/// A token is known at once.
fn at_once() -> RequireAuth<
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

/// A service for one request at a time, which panics when it is called without having been polled ready.
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

/// Every request gets an answer in a second of a clock that only runs while everything waits.
async fn answers<S>(service: &mut S, request: Request<()>) -> u16
where
    S: Service<Request<()>, Response = Response<()>, Error = Infallible>,
{
    let answer = async { service.ready().await.unwrap().call(request).await.unwrap() };
    let answer = tokio::time::timeout(Duration::from_secs(1), answer);
    answer.await.expect("it is not stuck").status().as_u16()
}

#[tokio::test(start_paused = true)]
async fn the_ready_service_is_called_at_once_and_later() {
    let (mut now, mut later) = (one_at_a_time!(at_once()), one_at_a_time!(waits()));
    for token in ["good", "bad", "good", "good"] {
        let expected = if token == "good" { 200 } else { 401 };
        assert_eq!(answers(&mut now, request(token)).await, expected);
        assert_eq!(answers(&mut later, request(token)).await, expected);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_gives_back_what_being_ready_reserved() {
    let (mut now, mut later) = (one_at_a_time!(at_once()), one_at_a_time!(waits()));
    let (mut now_too, mut later_too) = (now.clone(), later.clone());
    assert_eq!(answers(&mut now, request("bad")).await, 401);
    assert_eq!(
        answers(&mut now_too, request("good")).await,
        200,
        "the place was given back"
    );
    assert_eq!(answers(&mut later, request("bad")).await, 401);
    assert_eq!(
        answers(&mut later_too, request("good")).await,
        200,
        "the place was given back"
    );
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_is_dropped_gives_its_place_back() {
    let mut service = one_at_a_time!(waits());
    let mut other = service.clone();
    let mut answer = Box::pin(service.ready().await.unwrap().call(request("good")));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_pending()));
    assert!(polled.await, "the client goes away in the middle");
    drop(answer);
    assert_eq!(answers(&mut other, request("good")).await, 200);
}

/// Is never ready, and must never be called.
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
        panic!("it was not ready")
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_is_not_ready_is_not_called() {
    let mut service = at_once().layer(NeverReady);
    let ready = tokio::time::timeout(Duration::from_secs(1), service.ready());
    assert!(
        ready.await.is_err(),
        "the layer is as ready as what it wraps"
    );
}

/// Cannot be made ready.
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
async fn the_error_of_the_inner_service_is_its_own() {
    let mut service = at_once().layer(Broken);
    assert_eq!(service.ready().await.err(), Some("broken"));
}

#[tokio::test(start_paused = true)]
async fn policies_may_wait_too() {
    let slow = |caller: &Principal, _: &RequestHead<'_>| {
        let may = caller.name() == "ada";
        NowOrLater::later(async move {
            tokio::task::yield_now().await;
            Ok::<_, Unavailable>(may)
        })
    };
    let mut now = one_at_a_time!(at_once().policy(slow));
    let mut later = one_at_a_time!(waits().policy(slow).policy(slow));
    assert_eq!(answers(&mut now, request("good")).await, 200);
    assert_eq!(answers(&mut later, request("good")).await, 200);
    assert_eq!(answers(&mut later, request("bad")).await, 401);
}

#[test]
fn layer_service_and_future_can_be_named_cloned_sent_and_shown() {
    type Verifier = fn(Secret<'_>) -> Option<Principal>;
    fn is_good<T: Clone + Send + Sync + std::fmt::Debug + 'static>(_: &T) {}
    fn is_sent<T: Send>(_: &T) {}
    #[derive(Clone, Debug)]
    struct Held {
        layer: RequireAuth<Bearer<Verifier>>,
    }
    let nobody: Verifier = |_| None;
    let held = Held {
        layer: RequireAuth::new(Bearer::new("interop", nobody).unwrap()).unwrap(),
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

/// A route that takes its time, or does not.
fn permits(slow: bool) -> RequirePolicy {
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
async fn a_route_calls_the_ready_service_and_gives_back_what_it_reserved() {
    for slow in [false, true] {
        let layers = || ServiceBuilder::new().layer(waits()).layer(permits(slow));
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
async fn a_route_behind_no_layer_gives_its_place_back_too() {
    let mut service = one_at_a_time!(permits(false));
    let mut other = service.clone();
    for _ in 0..3 {
        assert_eq!(answers(&mut service, request("good")).await, 500);
        assert_eq!(answers(&mut other, request("good")).await, 500);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_of_a_route_that_is_dropped_gives_its_place_back() {
    let layers = ServiceBuilder::new().layer(at_once()).layer(permits(true));
    let mut service = one_at_a_time!(layers);
    let mut other = service.clone();
    let mut answer = Box::pin(service.ready().await.unwrap().call(request("good")));
    let polled = std::future::poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx).is_pending()));
    assert!(polled.await, "the client goes away in the middle");
    drop(answer);
    assert_eq!(answers(&mut other, request("good")).await, 200);
}

#[tokio::test(start_paused = true)]
async fn a_route_is_as_ready_as_what_it_wraps() {
    let mut service = permits(false).layer(NeverReady);
    let ready = tokio::time::timeout(Duration::from_secs(1), service.ready());
    assert!(ready.await.is_err());
    let mut service = permits(false).layer(Broken);
    assert_eq!(service.ready().await.err(), Some("broken"));
}
