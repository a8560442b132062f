//! Tests of the layer's deadline: no verifier, store or policy holds a request for longer.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::convert::Infallible;
use std::future::pending;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::header::RETRY_AFTER;
use http::{Request, Response};
use http_body::{Body, Frame};
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::audit::{AuditEvent, AuditOutcome};
use tower_challenge::client::Client;
use tower_challenge::clock::{Clock, ManualClock, SleepFuture, Timer};
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::policy::PolicyDecision;
use tower_challenge::scheme::{
    Admission, Attempt, Basic, BodyCheck, BodyLimits, Scheme, SignedBody, Verdict,
    VerdictNowOrLater, VerifiedBody,
};
use tower_challenge::throttle::{self, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{
    ClaimedAccount, ErrorParams, NowOrLater, Principal, RequestHead, RequireAuth, RequirePolicy,
    Secret, Unavailable,
};

use self::support::{PASSWORD, Probe, USER, get};

const LIMIT: Duration = Duration::from_secs(5);
const MOMENT: Duration = Duration::from_millis(1);

type Auth = RequireAuth<Basic<Box<Verify>>>;
type Verify = dyn Fn(&str, Secret<'_>) -> Verified + Send + Sync;
type Verified = NowOrLater<Result<Option<Principal>, Unavailable>>;

/// The part that never answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hangs {
    Nothing,
    Verifier,
    Policy,
    Reserve,
    Settle,
}

fn auth(hangs: Hangs) -> Auth {
    let verify = move |user: &str, _: Secret<'_>| match hangs {
        Hangs::Verifier => NowOrLater::later(pending()),
        _ => NowOrLater::now(Ok(Some(Principal::new(user)))),
    };
    let verify: Box<Verify> = Box::new(verify);
    let decide = move |_: &Principal, _: &RequestHead<'_>| match hangs {
        Hangs::Policy => NowOrLater::later(pending()),
        _ => NowOrLater::now(Ok::<_, Unavailable>(PolicyDecision::Allow)),
    };
    RequireAuth::new(Basic::new("files", verify).unwrap())
        .unwrap()
        .policy(decide)
}

/// A throttle that grants every attempt, or never answers, and remembers the outcomes that it settled.
#[derive(Clone)]
struct Store(Hangs, Arc<Mutex<Vec<throttle::AttemptOutcome>>>);

impl Throttle for Store {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        match self.0 {
            Hangs::Reserve => NowOrLater::later(pending()),
            _ => NowOrLater::now(Ok(Reservation::Granted(ThrottleTicket::new(())))),
        }
    }

    fn settle(&self, _: ThrottleTicket, outcome: throttle::AttemptOutcome) -> NowOrLater<()> {
        self.1.lock().unwrap().push(outcome);
        match self.0 {
            Hangs::Settle => NowOrLater::later(pending()),
            _ => NowOrLater::now(()),
        }
    }
}

#[test]
fn a_part_that_hangs_makes_the_request_503_at_the_deadline_and_not_before() {
    for hangs in [
        Hangs::Verifier,
        Hangs::Policy,
        Hangs::Reserve,
        Hangs::Settle,
    ] {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let (outcomes, events) = (Arc::default(), Arc::new(Mutex::new(Vec::new())));
        let heard = Arc::clone(&events);
        let layer = auth(hangs)
            .throttle(Store(hangs, Arc::clone(&outcomes)))
            .audit(move |event: &AuditEvent<'_>| heard.lock().unwrap().push(event.outcome))
            .deadline(LIMIT, clock.clone());
        let probe = Probe::new();
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let mut response = pin!(layer.layer(probe.clone()).oneshot(ask));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(response.as_mut().poll(&mut cx).is_pending(), "{hangs:?}");
        clock.advance(LIMIT - MOMENT);
        assert!(response.as_mut().poll(&mut cx).is_pending(), "{hangs:?}");
        clock.advance(MOMENT);
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut cx) else {
            panic!("{hangs:?}: the request still waits after the deadline")
        };
        assert_eq!(response.status(), 503, "{hangs:?}");
        assert!(response.headers().contains_key(RETRY_AFTER));
        assert_eq!(probe.calls(), 0);
        assert_eq!(
            *events.lock().unwrap(),
            [AuditOutcome::Unavailable],
            "{hangs:?}"
        );
        let outcomes = outcomes.lock().unwrap();
        // An attempt stays used up if the deadline cuts off its comparison. Before a policy is asked, the attempt is
        // already settled as a success.
        let settled: &[_] = match hangs {
            Hangs::Policy | Hangs::Settle => &[throttle::AttemptOutcome::Success],
            Hangs::Nothing | Hangs::Verifier | Hangs::Reserve => &[],
        };
        assert_eq!(outcomes.as_slice(), settled, "{hangs:?}");
    }
}

/// The policy of a route has the deadline of the layer around it.
#[test]
fn a_route_waits_no_longer_than_the_deadline_of_the_layer_around_it() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let events = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&events);
    let layer = auth(Hangs::Nothing)
        .audit(move |event: &AuditEvent<'_>| heard.lock().unwrap().push(event.outcome))
        .deadline(LIMIT, clock.clone());
    let hangs =
        |_: &Principal, _: &RequestHead<'_>| -> NowOrLater<Result<PolicyDecision, Unavailable>> {
            NowOrLater::later(pending())
        };
    let probe = Probe::new();
    let route = RequirePolicy::new(hangs).layer(probe.clone());
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let mut response = pin!(layer.layer(route).oneshot(ask));
    let mut cx = Context::from_waker(Waker::noop());
    assert!(response.as_mut().poll(&mut cx).is_pending());
    clock.advance(LIMIT - MOMENT);
    assert!(response.as_mut().poll(&mut cx).is_pending());
    clock.advance(MOMENT);
    let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut cx) else {
        panic!("the request still waits")
    };
    assert_eq!((response.status().as_u16(), probe.calls()), (503, 0));
    assert!(response.headers().contains_key(RETRY_AFTER));
    let events = events.lock().unwrap();
    assert_eq!(*events, [AuditOutcome::Admitted, AuditOutcome::Unavailable]);
}

/// A timer that panics when it is started.
#[derive(Debug)]
struct Never(ManualClock);

impl Clock for Never {
    fn wall(&self) -> SystemTime {
        self.0.wall()
    }

    fn monotonic(&self) -> Duration {
        self.0.monotonic()
    }
}

impl Timer for Never {
    fn sleep(&self, _: Duration) -> SleepFuture {
        panic!("a timer was started")
    }
}

#[test]
fn a_request_that_is_decided_at_once_starts_no_timer() {
    let timer = Never(ManualClock::new(SystemTime::UNIX_EPOCH));
    let service = auth(Hangs::Nothing)
        .deadline(LIMIT, timer)
        .layer(RequirePolicy::new(|_: &Principal, _: &RequestHead<'_>| true).layer(Probe::new()));
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let Ok(response) = support::run(service.oneshot(ask));
    assert_eq!(response.status(), 200);
}

#[test]
fn a_decision_before_the_deadline_admits_the_caller_and_drops_the_timer() {
    let verify = |_: &str, _: Secret<'_>| {
        NowOrLater::later(async {
            support::run::later().await;
            Ok::<_, Unavailable>(Some(Principal::new("ada")))
        })
    };
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let layer = RequireAuth::new(Basic::new("files", verify).unwrap()).unwrap();
    let service = layer.deadline(LIMIT, clock.clone()).layer(Probe::new());
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let Ok(response) = support::run(service.oneshot(ask));
    assert_eq!(response.status(), 200);
    assert_eq!(clock.sleepers(), 0, "the timer is dropped");
}

/// A scheme that waits almost as long as the deadline before the body, and again after it.
struct Slow(ManualClock);

impl Scheme for Slow {
    type Identity = Principal;
    type BodyAccess = SignedBody;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.push(Challenge::builder(SchemeName::HOBA).build().unwrap());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        None
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<Principal, SignedBody>> {
        attempt.credentials(SchemeName::HOBA)?;
        let (before, after) = (self.0.clone(), self.0.clone());
        Some(NowOrLater::later(async move {
            let limits = BodyLimits::new(before.clone());
            before.sleep(LIMIT - MOMENT).await;
            let judge = move |_: &[u8]| {
                NowOrLater::later(async move {
                    after.sleep(LIMIT - MOMENT).await;
                    Ok(Verdict::Admit(Admission::new(Principal::new("ada"))))
                })
            };
            Ok(Verdict::ReadBody(BodyCheck::judge_whole(limits, judge)))
        }))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::HOBA)
    }
}

/// A body without data, whose end the client sends when the flag is set.
struct LateEnd(Arc<AtomicBool>);

impl Body for LateEnd {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.0.load(Ordering::SeqCst) {
            true => Poll::Ready(None),
            false => Poll::Pending,
        }
    }
}

type BodyRequest = Request<VerifiedBody<LateEnd>>;

/// Each wait has the whole limit, whether the body is ready at once or takes longer than the limit.
#[test]
fn the_deadline_begins_anew_after_the_body() {
    for wait_for_body in [Duration::ZERO, 3 * LIMIT] {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
        let layer = RequireAuth::new(Slow(clock.clone())).unwrap();
        let inner = service_fn(async |_: BodyRequest| Ok::<_, Infallible>(Response::new(())));
        let service = layer.deadline(LIMIT, clock.clone()).layer(inner);
        let ended = Arc::<AtomicBool>::default();
        let request = Request::post("/").header("authorization", "HOBA x");
        let mut response =
            pin!(service.oneshot(request.body(LateEnd(Arc::clone(&ended))).unwrap()));
        let mut cx = Context::from_waker(Waker::noop());
        assert!(response.as_mut().poll(&mut cx).is_pending());
        clock.advance(LIMIT - MOMENT);
        if wait_for_body > Duration::ZERO {
            assert!(response.as_mut().poll(&mut cx).is_pending());
            clock.advance(wait_for_body);
        }
        ended.store(true, Ordering::SeqCst);
        assert!(response.as_mut().poll(&mut cx).is_pending());
        // This is after the end of a limit that began before the body, and before the end of the verdict's wait.
        clock.advance(2 * MOMENT);
        assert!(
            response.as_mut().poll(&mut cx).is_pending(),
            "{wait_for_body:?}"
        );
        clock.advance(LIMIT - 3 * MOMENT);
        let Poll::Ready(Ok(response)) = response.as_mut().poll(&mut cx) else {
            panic!("{wait_for_body:?}: the request still waits")
        };
        assert_eq!(response.status(), 200, "{wait_for_body:?}");
    }
}
