//! Tests that the layer keeps the contract of `tower::Service`.

use std::convert::Infallible;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::support::Boxed;
use http::{Request, Response, StatusCode};
use tower::limit::ConcurrencyLimitLayer;
use tower::load_shed::LoadShedLayer;
use tower::{Service, ServiceBuilder, ServiceExt};
use tower_challenge::scheme::Basic;
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, Unavailable};
use tower_layer::Layer as _;

use super::{misbehaving, misbehaving_stand};
use crate::support::run::{later, still_waits};
use crate::support::{
    Body, Kind, OTHER_USER, PASSWORD, Probe, REALM, TestServer, TestWorld, USER, WRONG, get, run,
};

/// A service that is ready when `open` is set. Each clone remembers whether it was polled ready.
struct Gate {
    open: Arc<AtomicBool>,
    calls: Arc<AtomicUsize>,
    ready: bool,
}

impl Clone for Gate {
    fn clone(&self) -> Self {
        Self {
            open: Arc::clone(&self.open),
            calls: Arc::clone(&self.calls),
            ready: false,
        }
    }
}

impl Service<Request<Body>> for Gate {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.ready = self.open.load(Ordering::SeqCst);
        if self.ready {
            Poll::Ready(Ok(()))
        } else {
            Poll::Pending
        }
    }

    fn call(&mut self, _: Request<Body>) -> Self::Future {
        assert!(
            std::mem::take(&mut self.ready),
            "called without having been polled ready"
        );
        self.calls.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Ok(Response::new(Body::default())))
    }
}

/// The layer is ready only if the inner service is. Each readiness is used for one request or given up.
#[test]
fn a113_the_layer_is_ready_only_if_the_inner_service_is() {
    let verifier = |user: &str, _: Secret<'_>| {
        let user = user.to_owned();
        NowOrLater::later(async move {
            later().await;
            Ok::<_, Unavailable>((user == USER).then(|| Principal::new(&user)))
        })
    };
    let now = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let later = RequireAuth::new(Box::new(Basic::new(REALM, verifier).unwrap()) as Boxed).unwrap();
    for layer in [now, later] {
        let gate = Gate {
            open: Arc::default(),
            calls: Arc::default(),
            ready: false,
        };
        let mut service = layer.layer(gate.clone());
        let mut context = Context::from_waker(Waker::noop());
        for _ in 0..3 {
            assert!(Service::<Request<Body>>::poll_ready(&mut service, &mut context).is_pending());
        }
        gate.open.store(true, Ordering::SeqCst);
        for (i, password) in [PASSWORD, WRONG, PASSWORD, WRONG, WRONG, PASSWORD]
            .into_iter()
            .enumerate()
        {
            assert!(Service::<Request<Body>>::poll_ready(&mut service, &mut context).is_ready());
            let user = if password == WRONG { OTHER_USER } else { USER };
            let before = gate.calls.load(Ordering::SeqCst);
            let Ok(response) = run(service.call(get("/").basic(user, password).into_request()));
            let called = gate.calls.load(Ordering::SeqCst) - before;
            assert_eq!(response.status().is_success(), password == PASSWORD, "{i}");
            assert_eq!(
                called,
                usize::from(password == PASSWORD),
                "the inner service is called once, and only for an admitted caller"
            );
        }
    }
}

/// If the application polls one clone ready and calls another, that is a bug of the application. The layer still lets
/// no unauthenticated request through.
#[test]
fn a113_a_clone_that_was_not_polled_lets_no_request_through() {
    let stand = TestServer::of(&[Kind::Basic]);
    let mut polled = stand.service();
    let mut context = Context::from_waker(Waker::noop());
    assert!(Service::<Request<Body>>::poll_ready(&mut polled, &mut context).is_ready());
    let mut clone = polled.clone();
    let wrong = clone.call(get("/").basic(USER, WRONG).into_request());
    let Ok(response) = run(wrong);
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    let good = || clone.call(get("/").basic(USER, PASSWORD).into_request());
    assert!(
        std::panic::catch_unwind(AssertUnwindSafe(good)).is_err(),
        "the probe panics if it was not polled ready"
    );
    assert_eq!(stand.probe.calls(), 0);
}

/// A request that is refused, waits or disconnects keeps no slot of the inner service's concurrency limit.
#[test]
fn a113_a_refused_request_keeps_no_slot_of_a_concurrency_limit() {
    let stand = misbehaving_stand();
    let verifier = |user: &str, _: Secret<'_>| misbehaving(user);
    let layer = RequireAuth::new(Basic::new(REALM, verifier).unwrap()).unwrap();
    let service = ServiceBuilder::new()
        .layer(layer)
        .layer(ConcurrencyLimitLayer::new(1));
    let mut service = service.service(stand.probe.clone());
    for user in [
        "unknown",
        "panics",
        "panics-later",
        "fails",
        "fails-later",
        "is-there",
        "unknown",
    ] {
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        let Ok(response) = run(ready.call(get("/").basic(user, PASSWORD).into_request()));
        assert_eq!(response.status().is_success(), user == "is-there", "{user}");
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        assert!(still_waits(
            ready.call(get("/").basic("hangs", PASSWORD).into_request())
        ));
    }
    assert_eq!(stand.probe.calls(), 1);
}

/// If an overloaded inner service sheds a request, the layer returns its error. It still refuses wrong credentials
/// itself.
#[test]
fn a113_the_layer_returns_the_error_of_an_overloaded_service() {
    let gate = Gate {
        open: Arc::default(),
        calls: Arc::default(),
        ready: false,
    };
    let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let service = ServiceBuilder::new()
        .layer(layer)
        .layer(LoadShedLayer::new())
        .service(gate.clone());
    let overloaded = run(service
        .clone()
        .oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert!(overloaded.is_err());
    let refused = run(service
        .clone()
        .oneshot(get("/").basic(USER, WRONG).into_request()));
    assert_eq!(refused.unwrap().status(), StatusCode::UNAUTHORIZED);
    assert_eq!(gate.calls.load(Ordering::SeqCst), 0);
    gate.open.store(true, Ordering::SeqCst);
    let served = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
    assert_eq!(served.unwrap().status(), StatusCode::OK);
    assert_eq!(gate.calls.load(Ordering::SeqCst), 1);
}

/// Requests that wait at the same time do not mix: each gets its own decision and identity.
#[test]
fn a113_concurrent_requests_do_not_mix() {
    let decided = Arc::new(Mutex::new(Vec::new()));
    let verifier = {
        let decided = Arc::clone(&decided);
        move |user: &str, _: Secret<'_>| {
            let (user, decided) = (user.to_owned(), Arc::clone(&decided));
            NowOrLater::later(async move {
                later().await;
                decided.lock().unwrap().push(user.clone());
                Ok::<_, Unavailable>(user.starts_with('g').then(|| Principal::new(&user)))
            })
        }
    };
    let probe = Probe::new();
    let layer = RequireAuth::new(Basic::new(REALM, verifier).unwrap()).unwrap();
    let mut service = layer.layer(probe.clone());
    let users: Vec<_> = (0..50)
        .map(|i| format!("{}{i}", if i % 3 == 0 { "g" } else { "b" }))
        .collect();
    let mut context = Context::from_waker(Waker::noop());
    let futures = users.iter().map(|user| {
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        Box::pin(ready.call(get("/").basic(user, PASSWORD).into_request()))
    });
    let mut futures: Vec<_> = futures.collect();
    for future in futures.iter_mut().rev() {
        assert!(Pin::new(future).poll(&mut context).is_pending());
    }
    for (future, user) in futures.into_iter().zip(&users) {
        let Ok(response) = run(future);
        assert_eq!(response.status().is_success(), user.starts_with('g'));
    }
    let seen = probe.take();
    let admitted = seen
        .iter()
        .map(|seen| seen.identity().unwrap().name().to_owned());
    assert!(admitted.eq(users.into_iter().filter(|user| user.starts_with('g'))));
}
