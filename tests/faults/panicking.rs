//! What else an application brings, and what comes of it when that panics.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::Boxed;
use http::Response;
use tower::ServiceExt;
use tower_challenge::ErrorParams;
use tower_challenge::audit::AuditEvent;
use tower_challenge::header::Challenge;
use tower_challenge::respond::Denial;
use tower_challenge::scheme::{Attempt, BodyUnread, Scheme, SchemeExt, VerdictNowOrLater};
use tower_challenge::{ClaimedAccount, Principal, RequestHead, RequireAuth};
use tower_layer::Layer as _;

use crate::support::{
    Ask, Body, Kind, Layer, PASSWORD, Probe, Schemes, Stand, USER, WRONG, World, get, run,
};

/// A scheme of which one method panics.
struct Panicking {
    inside: Boxed,
    at: &'static str,
    on: Arc<AtomicBool>,
}

impl Panicking {
    fn at(&self, place: &str) -> &Boxed {
        let due = self.on.load(Ordering::SeqCst) && self.at == place;
        assert!(!due, "as it is meant to");
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
}

/// Whatever method of a scheme panics, for whatever request.
#[test]
fn a_scheme_that_panics_is_no_way_in() {
    for at in ["challenge", "may_claim", "account", "authenticate"] {
        for kind in Kind::ALL {
            for optional in [false, true] {
                let on = Arc::new(AtomicBool::new(false));
                let scheme = |world: &World| -> Schemes {
                    let (inside, on) = (kind.build(world), Arc::clone(&on));
                    vec![Box::new(Panicking { inside, at, on })]
                };
                let tune = |layer: Layer| if optional { layer.optional() } else { layer };
                let stand = Stand::build(scheme, tune);
                let lines = |kind: Kind| {
                    on.store(false, Ordering::SeqCst);
                    let lines = [kind.good(&stand, &get("/")), kind.wrong(&stand, &get("/"))];
                    on.store(true, Ordering::SeqCst);
                    lines
                };
                let others = ["", "x", "x y", "Basic", "Bearer \"", "Digest x"].map(str::to_owned);
                for line in lines(kind).into_iter().chain(others) {
                    no_panic_is_a_way_in(&stand, get("/").authorization(line), at);
                }
                no_panic_is_a_way_in(&stand, get("/"), at);
                on.store(false, Ordering::SeqCst);
                let good = kind.good(&stand, &get("/"));
                stand.ask(get("/").authorization(good)).is_admitted_as(USER);
            }
        }
    }
}

/// `503` where the method was needed. Where it was not, what would have come of the request anyway.
fn no_panic_is_a_way_in(stand: &Stand, ask: Ask, at: &str) {
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

/// A closure that turns identities into others, or says what is public, may panic too.
#[test]
fn closures_that_panic_are_no_way_in() {
    let mapped = |world: &World| -> Schemes {
        let panics = |_: Principal| -> Principal { panic!("as it is meant to") };
        vec![Box::new(world.basic().map_identity(panics))]
    };
    let stand = Stand::build(mapped, |layer| layer);
    stand.ask(get("/").basic(USER, PASSWORD)).is_unavailable();
    stand.ask(get("/").basic(USER, WRONG)).is_refused();
    stand.ask(get("/")).is_challenged();

    let public = |request: &RequestHead<'_>| -> bool {
        assert_ne!(request.uri().path(), "/panics");
        false
    };
    let stand = Stand::tuned(&[Kind::Basic], |layer| layer.public(public).optional());
    for ask in [get("/panics"), get("/panics").basic(USER, PASSWORD)] {
        stand.ask(ask).is_unavailable();
    }
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
}

/// A log decides nothing: with one that panics, every answer is what it is without.
#[test]
fn an_audit_that_panics_decides_nothing() {
    let audit = |_: &AuditEvent<'_>| panic!("as it is meant to");
    for optional in [false, true] {
        let probe = Probe::new();
        let layer = RequireAuth::new(World::new().basic()).unwrap().audit(audit);
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

/// A renderer is asked after the decision. Nonsense of it is corrected; a panic of it ends the connection, because
/// there is no other response to send.
#[test]
fn a_renderer_is_no_way_in() {
    let render = |denial: &Denial, request: &RequestHead<'_>| -> Response<Body> {
        assert_ne!(request.uri().path(), "/panics", "as it is meant to");
        let mut response = Response::new(Body::from("welcome"));
        response
            .headers_mut()
            .insert("x-status", denial.status().as_u16().into());
        response
    };
    for proxy in [false, true] {
        let probe = Probe::new();
        let layer = RequireAuth::new(World::new().basic()).unwrap();
        let layer = if proxy { layer.proxy() } else { layer };
        let forbid = |_: &Principal, request: &RequestHead<'_>| request.uri().path() == "/allowed";
        let service = layer
            .policy(forbid)
            .respond_with(render)
            .layer(probe.clone());
        let ask = |ask: Ask| {
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
                panic!("it renders")
            };
            assert_eq!(response.status().as_u16(), status);
            assert!(ask(get("/panics").basic(USER, credentials)).is_err());
        }
        assert_eq!(probe.calls(), 0);
        let Ok(Ok(response)) = ask(get("/allowed").basic(USER, PASSWORD)) else {
            panic!("it is not asked")
        };
        assert_eq!((response.status().as_u16(), probe.calls()), (200, 1));
    }
}
