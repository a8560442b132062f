//! What the layer owes to Tower.

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
    Body, Kind, OTHER_USER, PASSWORD, Probe, REALM, Stand, USER, WRONG, World, get, run,
};

/// A service that is ready when it is told to be, and remembers which of its clones was.
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

/// An inner service that is not ready makes the layer not ready; each readiness is used for one request or given up.
#[test]
fn a113_readiness() {
    let verifier = |user: &str, _: Secret<'_>| {
        let user = user.to_owned();
        NowOrLater::later(async move {
            later().await;
            Ok::<_, Unavailable>((user == USER).then(|| Principal::new(&user)))
        })
    };
    let now = RequireAuth::new(World::new().basic()).unwrap();
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
                "once, and only for who may"
            );
        }
    }
}

/// Polled ready on one clone, and called on another: an error of the caller's, and no way in.
#[test]
fn a113_a_clone_that_was_not_polled() {
    let stand = Stand::of(&[Kind::Basic]);
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
        "the probe says so"
    );
    assert_eq!(stand.probe.calls(), 0);
}

/// Permits of the inner service are not kept by those who are refused, wait, or go away.
#[test]
fn a113_permits() {
    let stand = misbehaving_stand();
    let verifier = |user: &str, _: Secret<'_>| misbehaving(user);
    let layer = RequireAuth::new(Basic::new(REALM, verifier).unwrap()).unwrap();
    let service = ServiceBuilder::new()
        .layer(layer)
        .layer(ConcurrencyLimitLayer::new(1));
    let mut service = service.service(stand.probe.clone());
    for user in [
        "nobody",
        "panics",
        "panics-later",
        "fails",
        "fails-later",
        "is-there",
        "nobody",
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

/// A service that is overloaded sheds requests; the layer does not take that for an answer.
#[test]
fn a113_load_shed() {
    let gate = Gate {
        open: Arc::default(),
        calls: Arc::default(),
        ready: false,
    };
    let layer = RequireAuth::new(World::new().basic()).unwrap();
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

/// Nothing of a request that was not decided is left to the next.
#[test]
fn a113_requests_at_once() {
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
        .map(|it| it.identity().unwrap().name().to_owned());
    assert!(admitted.eq(users.into_iter().filter(|user| user.starts_with('g'))));
}
