//! Tests panics in the code of an application: schemes, closures, audits and renderers.

use std::convert::Infallible;
use std::future::{Future, ready};
use std::panic::{AssertUnwindSafe, catch_unwind, panic_any};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Waker};
use std::thread;

use crate::support::Boxed;
use http::{Request, Response, StatusCode};
use tower::{Service as _, ServiceExt, service_fn};
use tower_challenge::ErrorParams;
use tower_challenge::audit::AuditEvent;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::{Policy, PolicyDecision};
use tower_challenge::respond::Denial;
use tower_challenge::scheme::basic::message;
use tower_challenge::scheme::{
    Admission, Attempt, Basic, BodyUnread, Scheme, SchemeExt, VerdictNowOrLater,
};
use tower_challenge::{
    ClaimedAccount, NowOrLater, Principal, RequestHead, RequireAuth, Unavailable,
};
use tower_layer::Layer as _;

use crate::support::{
    Body, Kind, Layer, PASSWORD, Probe, Schemes, TOKEN, TestRequest, TestServer, TestWorld, USER,
    WRONG, get, run,
};

/// A scheme with a method that panics.
struct Panicking {
    inside: Boxed,
    at: &'static str,
    on: Arc<AtomicBool>,
}

impl Panicking {
    fn at(&self, method: &str) -> &Boxed {
        let due = self.on.load(Ordering::SeqCst) && self.at == method;
        assert!(!due, "the test panics on purpose");
        &self.inside
    }
}

impl Scheme for Panicking {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.at("challenge").challenge(attempt, error, challenges);
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.at("account").account(attempt)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.at("may_claim").may_claim(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        self.at("authenticate").authenticate(attempt)
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.at("is_malformed").is_malformed(attempt)
    }
}

/// Each method of a scheme panics once for each of several requests.
#[test]
fn a_scheme_that_panics_admits_no_request() {
    for at in ["challenge", "may_claim", "account", "authenticate"] {
        for kind in Kind::ALL {
            for optional in [false, true] {
                let on = Arc::new(AtomicBool::new(false));
                let scheme = |world: &TestWorld| -> Schemes {
                    let (inside, on) = (kind.build(world), Arc::clone(&on));
                    vec![Box::new(Panicking { inside, at, on })]
                };
                let tune = |layer: Layer| if optional { layer.optional() } else { layer };
                let stand = TestServer::build(scheme, tune);
                let lines = |kind: Kind| {
                    on.store(false, Ordering::SeqCst);
                    let lines = [kind.good(&stand, &get("/")), kind.wrong(&stand, &get("/"))];
                    on.store(true, Ordering::SeqCst);
                    lines
                };
                let others = ["", "x", "x y", "Basic", "Bearer \"", "Digest x"].map(str::to_owned);
                for line in lines(kind).into_iter().chain(others) {
                    assert_safe(&stand, get("/").authorization(line), at);
                }
                assert_safe(&stand, get("/"), at);
                on.store(false, Ordering::SeqCst);
                let good = kind.good(&stand, &get("/"));
                stand.ask(get("/").authorization(good)).is_admitted_as(USER);
            }
        }
    }
}

/// Admits every client that sends the field `X-Known`, and claims no other request.
struct Known;

impl Scheme for Known {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let name = SchemeName::parse("Known").unwrap();
        challenges.push(Challenge::builder(name).build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.head().headers().contains_key("x-known")
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let admission = Admission::new(Principal::new(USER));
        let is_known = self.may_claim(attempt);
        is_known.then(|| admission.at_once())
    }

    fn is_malformed(&self, _: &Attempt<'_>) -> bool {
        false
    }
}

/// A scheme claims the request, and the layer asks Bearer for its grammar. Bearer has not read the field for the throttle.
#[test]
fn a_scheme_that_panics_beside_a_claimed_request_admits_no_request() {
    let on = Arc::new(AtomicBool::new(false));
    let scheme = |world: &TestWorld| -> Schemes {
        let (inside, on) = (world.bearer(), Arc::clone(&on));
        let at = "is_malformed";
        vec![Box::new(Known), Box::new(Panicking { inside, at, on })]
    };
    let stand = TestServer::build(scheme, |layer| layer);
    let both = get("/").bearer(TOKEN).field("x-known", "yes");
    stand.ask(both.clone()).is_admitted_as(USER);
    on.store(true, Ordering::SeqCst);
    stand.ask(both.clone()).is_unavailable();
    let alone = get("/").field("x-known", "yes");
    stand.ask(alone).is_admitted_as(USER);
    on.store(false, Ordering::SeqCst);
    stand.ask(both).is_admitted_as(USER);
}

/// Asserts a `503` if the layer called the method that panics, and the usual answer otherwise.
fn assert_safe(stand: &TestServer, ask: TestRequest, at: &str) {
    let answer = stand.ask(ask);
    match answer.status.as_u16() {
        200 => {
            assert!(at == "challenge" || answer.seen[0].identity().is_none())
        }
        400 => assert_ne!(at, "account"),
        401 => assert_ne!(at, "challenge"),
        status => assert_eq!(status, 503),
    }
}

/// The closures map identities and decide which requests are public.
#[test]
fn a_closure_that_panics_admits_no_request() {
    let mapped = |world: &TestWorld| -> Schemes {
        let panics = |_: Principal| -> Principal { panic!("the test panics on purpose") };
        vec![Box::new(world.basic().map_identity(panics))]
    };
    let stand = TestServer::build(mapped, |layer| layer);
    stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    stand.ask(get("/").basic(USER, WRONG)).is_refused();
    stand.ask(get("/")).is_challenged();

    let public = |request: &RequestHead<'_>| -> bool {
        assert_ne!(request.uri().path(), "/panics");
        false
    };
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.public(public).optional());
    for ask in [get("/panics"), get("/panics").basic(USER, PASSWORD)] {
        stand.ask(ask).is_unavailable();
    }
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
}

/// The answer of a policy that allows the request. It panics when it is dropped, and so does the payload of that panic if
/// `twice`.
struct PanicsWhenDropped {
    twice: bool,
}

impl Future for PanicsWhenDropped {
    type Output = Result<PolicyDecision, Unavailable>;

    fn poll(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Self::Output> {
        Poll::Ready(Ok(PolicyDecision::Allow))
    }
}

impl Drop for PanicsWhenDropped {
    fn drop(&mut self) {
        match self.twice {
            true => panic_any(Self { twice: false }),
            false if !thread::panicking() => panic!("the test panics on purpose"),
            false => {}
        }
    }
}

/// A type, because a policy that is a closure drops its own answer before the layer has decided.
struct AllowsThenPanics {
    twice: bool,
}

impl Policy<Principal> for AllowsThenPanics {
    fn decide(
        &self,
        _: &Principal,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        NowOrLater::later(PanicsWhenDropped { twice: self.twice })
    }
}

/// The policy has allowed the request before its answer is dropped, so the decision to admit is made when the panic comes.
#[test]
fn a_panic_after_the_decision_admits_no_request() {
    for twice in [false, true] {
        let is_called = Arc::new(AtomicBool::new(false));
        let called = Arc::clone(&is_called);
        let inner = service_fn(move |_: Request<()>| {
            called.store(true, Ordering::SeqCst);
            ready(Ok::<_, Infallible>(Response::new(())))
        });
        let basic = Basic::new("interop", [(USER, PASSWORD)]).unwrap();
        let layer = RequireAuth::new(basic)
            .unwrap()
            .policy(AllowsThenPanics { twice });
        let token68 = message::encode(USER, PASSWORD).unwrap();
        let request = Request::get("/").header("authorization", format!("Basic {token68}"));
        let mut response = Box::pin(layer.layer(inner).call(request.body(()).unwrap()));
        let mut cx = Context::from_waker(Waker::noop());
        // A runtime does not poll a future after a panic, but a test or another layer may.
        for _ in 0..2 {
            let polled = catch_unwind(AssertUnwindSafe(|| response.as_mut().poll(&mut cx)));
            if let Ok(Poll::Ready(Ok(response))) = polled {
                assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
                break;
            }
        }
        assert!(!is_called.load(Ordering::SeqCst), "twice: {twice}");
    }
}

#[test]
fn an_audit_that_panics_changes_no_answer() {
    let audit = |_: &AuditEvent<'_>| panic!("the test panics on purpose");
    for optional in [false, true] {
        let probe = Probe::new();
        let layer = RequireAuth::new(TestWorld::new().basic())
            .unwrap()
            .audit(audit);
        let layer = if optional { layer.optional() } else { layer };
        let service = layer.layer(probe.clone());
        for (ask, status) in [
            (get("/"), if optional { 200 } else { 401 }),
            (get("/").basic(USER, PASSWORD), 200),
            (get("/").basic(USER, WRONG), 401),
        ] {
            let Ok(response) = run(service.clone().oneshot(ask.into_request()));
            assert_eq!(response.status().as_u16(), status);
        }
        assert_eq!(probe.calls(), if optional { 2 } else { 1 });
    }
}

/// The layer calls a renderer after the decision. It corrects a wrong status of the renderer. A panic of the renderer
/// ends the connection, because there is no other response to send.
#[test]
fn a_renderer_that_returns_200_or_panics_admits_no_request() {
    let render = |denial: &Denial, request: &RequestHead<'_>| -> Response<Body> {
        assert_ne!(
            request.uri().path(),
            "/panics",
            "the test panics on purpose"
        );
        let mut response = Response::new(Body::from("welcome"));
        response
            .headers_mut()
            .insert("x-status", denial.status().as_u16().into());
        response
    };
    for proxy in [false, true] {
        let probe = Probe::new();
        let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
        let layer = if proxy { layer.proxy() } else { layer };
        let forbid = |_: &Principal, request: &RequestHead<'_>| request.uri().path() == "/allowed";
        let service = layer
            .policy(forbid)
            .respond_with(render)
            .layer(probe.clone());
        let ask = |ask: TestRequest| {
            let request = if proxy { ask.to_proxy() } else { ask }.into_request();
            let service = service.clone();
            catch_unwind(AssertUnwindSafe(|| run(service.oneshot(request))))
        };
        let unauthenticated = if proxy { 407 } else { 401 };
        for (credentials, status) in [
            (WRONG, unauthenticated),
            (PASSWORD, 403),
            ("", unauthenticated),
        ] {
            let Ok(Ok(response)) = ask(get("/").basic(USER, credentials)) else {
                panic!("the renderer does not panic for this path")
            };
            assert_eq!(response.status().as_u16(), status);
            assert!(ask(get("/panics").basic(USER, credentials)).is_err());
        }
        assert_eq!(probe.calls(), 0);
        let Ok(Ok(response)) = ask(get("/allowed").basic(USER, PASSWORD)) else {
            panic!("the layer does not call the renderer for an admitted request")
        };
        assert_eq!((response.status().as_u16(), probe.calls()), (200, 1));
    }
}
