//! Tests that every decision makes one event, and that an audit cannot change a decision.

use std::borrow::Cow;
use std::convert::Infallible;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use crate::support::run::later;
use crate::support::{
    Boxed, Kind, Layer, PASSWORD, Probe, RecordingAudit, RecordingThrottle, Schemes, TOKEN,
    TestServer, TestWorld, USER, WRONG, get, run,
};
use http::{Request, Response};
use tower::{ServiceBuilder, ServiceExt};
use tower_challenge::audit::{Audit, AuditEvent, AuditOutcome, MaintenanceNote, RefusalReason};
use tower_challenge::clock::Clock;
use tower_challenge::header::Challenge;
use tower_challenge::password::{VerifyPassword, verify_async};
use tower_challenge::respond::Denial;
use tower_challenge::scheme::{Attempt, Basic, Bearer, Scheme, SchemeExt, VerdictNowOrLater};
use tower_challenge::{
    ClaimedAccount, ConfigError, ErrorParams, NowOrLater, Principal, RequestHead, RequireAuth,
    Secret, SecretString, Unavailable, Verified, VerifyFailure,
};
use tower_layer::Layer as _;

type Plain = RequireAuth<Boxed>;

/// A clock that advances by a second each time it is read, and counts the reads.
#[derive(Clone, Debug, Default)]
struct Ticking(Arc<AtomicUsize>);

impl Ticking {
    fn looks(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

impl Clock for Ticking {
    fn wall(&self) -> SystemTime {
        self.0.fetch_add(1, Ordering::SeqCst);
        SystemTime::UNIX_EPOCH
    }

    fn monotonic(&self) -> Duration {
        let looks = self.0.fetch_add(1, Ordering::SeqCst);
        Duration::from_secs(u64::try_from(looks).unwrap())
    }
}

#[test]
fn the_layer_does_not_read_the_clock_without_an_audit() {
    let clock = Ticking::default();
    let layer = RequireAuth::new(TestWorld::new().basic()).unwrap();
    let layer = layer.clock(clock.clone());
    let ask = |layer: &Plain| {
        let service = layer.layer(Probe::new());
        for ask in [
            get("/"),
            get("/").basic(USER, PASSWORD),
            get("/").basic(USER, WRONG),
        ] {
            let Ok(_) = run(service.clone().oneshot(ask.into_request()));
        }
    };
    ask(&layer);
    assert_eq!(clock.looks(), 0);
    ask(&layer.audit(|_: &AuditEvent<'_>| {}));
    assert_eq!(
        clock.looks(),
        3 * 3,
        "the layer reads the clock once at the arrival and twice at the decision"
    );
}

/// The latency includes the time that a verifier takes. It includes neither the time before the request nor a jump of
/// the wall clock.
#[test]
fn the_latency_is_the_time_from_the_arrival_to_the_decision() {
    let schemes = |world: &TestWorld| -> Schemes {
        let clock = world.clock.clone();
        let verify = verify_async(move |user: String, password: SecretString| {
            let clock = clock.clone();
            async move {
                clock.advance(Duration::from_millis(30));
                later().await;
                clock.step_wall(SystemTime::UNIX_EPOCH);
                clock.advance(Duration::from_millis(12));
                let right = password.expose() == PASSWORD;
                Ok::<_, Unavailable>(right.then(|| Principal::new(&user)))
            }
        });
        vec![Box::new(Basic::new("files", verify).unwrap())]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    stand.world.clock.advance(Duration::from_secs(3600));
    for password in [PASSWORD, WRONG] {
        let answer = stand.ask(get("/").basic(USER, password));
        assert_eq!(answer.heard[0].latency, Duration::from_millis(42));
        assert!(answer.written.lines.contains(" latency_us=42000 "));
        assert_eq!(answer.written.traced[0].field("latency_us"), Some("42000"));
        assert_eq!(answer.written.counted[1].value, 0.042);
    }
    let answer = stand.ask(get("/"));
    assert_eq!(answer.heard[0].latency, Duration::ZERO);
}

/// A wrong clock changes no decision.
#[test]
fn a_clock_that_runs_backwards_gives_a_latency_of_zero() {
    #[derive(Debug, Default)]
    struct Backwards(AtomicUsize);

    impl Clock for Backwards {
        fn wall(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }

        fn monotonic(&self) -> Duration {
            let looks = self.0.fetch_add(1, Ordering::SeqCst);
            Duration::from_secs(60).saturating_sub(Duration::from_secs(looks as u64))
        }
    }

    let tune = |layer: Layer| layer.clock(Backwards::default());
    let stand = TestServer::tuned(&[Kind::Basic], tune);
    let answer = stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    assert_eq!(answer.heard[0].latency, Duration::ZERO);
}

/// The audit, the clock, or the closure that names identities panics.
#[test]
fn a_panic_while_an_event_is_recorded_changes_no_answer() {
    #[derive(Debug)]
    struct Broken;

    impl Clock for Broken {
        fn wall(&self) -> SystemTime {
            panic!("the test panics on purpose")
        }

        fn monotonic(&self) -> Duration {
            Duration::ZERO
        }
    }

    fn panics(_: &Principal) -> Cow<'_, str> {
        panic!("the test panics on purpose")
    }

    let layer = || RequireAuth::new(TestWorld::new().basic()).unwrap();
    let sink = |_: &AuditEvent<'_>| panic!("the test panics on purpose");
    let ear = RecordingAudit::default();
    let layers = [
        layer().audit(sink),
        layer().audit(ear.clone()).clock(Broken),
        layer().audit(ear.clone()).name_identity(panics),
        layer().audit(ear.clone().and(sink)),
        layer().audit(sink.and(ear.clone())),
    ];
    for layer in layers {
        let probe = Probe::new();
        let service = layer.layer(probe.clone());
        for (ask, status) in [
            (get("/"), 401),
            (get("/").authorization("Basic ="), 400),
            (get("/").basic(USER, WRONG), 401),
            (get("/").basic(USER, PASSWORD), 200),
        ] {
            let Ok(response) = run(service.clone().oneshot(ask.into_request()));
            assert_eq!(response.status().as_u16(), status);
        }
        assert_eq!(probe.calls(), 1);
    }
    let outcomes = ear.take().into_iter().map(|heard| heard.outcome);
    let each = [
        AuditOutcome::Challenged,
        AuditOutcome::Malformed,
        AuditOutcome::Refused,
        AuditOutcome::Admitted,
    ];
    let expected = [each; 3].concat();
    assert!(
        outcomes.eq(expected),
        "of the five layers, those with the broken clock and with the panicking audit alone record no event"
    );
}

#[test]
fn an_event_names_a_principal_by_its_name_and_another_identity_as_the_layer_is_told() {
    let stand = TestServer::of(&Kind::ALL);
    for ask in [get("/").basic(USER, PASSWORD), get("/").bearer(TOKEN)] {
        let answer = stand.ask(ask).is_admitted_as(USER);
        assert_eq!(answer.heard[0].principal.as_deref(), Some(USER));
    }
    let claimed = stand.ask(get("/").basic(USER, WRONG)).is_refused();
    assert_eq!(
        claimed.heard[0].principal, None,
        "a claimed name is no authenticated principal"
    );
    let forbids = |layer: Layer| layer.policy(|_: &Principal, _: &RequestHead<'_>| false);
    let stand = TestServer::tuned(&[Kind::Basic], forbids);
    let known = stand.ask(get("/").basic(USER, PASSWORD)).is_forbidden();
    assert_eq!(known.heard[0].principal.as_deref(), Some(USER));

    #[derive(Clone)]
    struct User(u64);
    let scheme = || TestWorld::new().basic().map_identity(|_| User(4711));
    let hears = |layer: RequireAuth<_>| {
        let ear = RecordingAudit::default();
        let service = layer.audit(ear.clone()).layer(Probe::new());
        let Ok(_) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
        ear.take().remove(0).principal
    };
    assert_eq!(hears(RequireAuth::new(scheme()).unwrap()), None);
    let named = RequireAuth::new(scheme()).unwrap();
    let named = named.name_identity(|user: &User| user.0.to_string().into());
    assert_eq!(hears(named).as_deref(), Some("4711"));
}

#[test]
fn a_note_reaches_every_audit_even_if_one_of_them_panics() {
    #[derive(Clone, Default)]
    struct Pad(Arc<Mutex<Vec<String>>>);

    impl Audit for Pad {
        fn record(&self, _: &AuditEvent<'_>) {}

        fn note(&self, note: &MaintenanceNote<'_>) {
            let fault = note.fault().map(ToString::to_string);
            let noted = format!("{}: {fault:?}", note.what());
            self.0.lock().unwrap().push(noted);
        }
    }

    struct Broken;

    impl Audit for Broken {
        fn record(&self, _: &AuditEvent<'_>) {}

        fn note(&self, _: &MaintenanceNote<'_>) {
            panic!("the test panics on purpose");
        }
    }

    let pad = Pad::default();
    let all = Broken
        .and(|_: &AuditEvent<'_>| {})
        .and(Arc::new(pad.clone()))
        .and(Some(pad.clone()));
    all.note(&MaintenanceNote::new(
        "users",
        Some(&ConfigError::new("line 3")),
    ));
    assert_eq!(*pad.0.lock().unwrap(), [r#"users: Some("line 3")"#; 2]);
}

/// Bearer credentials claim no account.
#[test]
fn a_bearer_token_is_not_logged_as_an_account() {
    let bearer = |_: &TestWorld| -> Schemes {
        let never = |_: Secret<'_>| -> NowOrLater<Result<Option<Principal>, Unavailable>> {
            NowOrLater::now(Ok(None))
        };
        vec![Box::new(Bearer::new("api", never).unwrap())]
    };
    let stand = TestServer::build(bearer, |layer| layer);
    let answer = stand.ask(get("/").bearer(TOKEN)).is_refused();
    assert_eq!(answer.heard[0].account, None);
    assert!(answer.written.lines.contains(" account=- principal=-"));
}

/// The client gets the same response as for every other wrong token.
#[test]
fn only_the_audit_receives_the_reason_that_a_verifier_gives() {
    let whose = |token: Secret<'_>| -> Verified<Principal> {
        match token.matches("old") {
            true => Err(VerifyFailure::because("the token has expired")),
            false => Err(VerifyFailure::default()),
        }
    };
    let ear = RecordingAudit::default();
    let shown = |denial: &Denial, _: &RequestHead<'_>| Response::new(format!("{denial:?}"));
    let layer = RequireAuth::new(Bearer::new("api", whose).unwrap()).unwrap();
    let service = ServiceBuilder::new()
        .layer(layer.audit(ear.clone()).respond_with(shown))
        .service_fn(async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new())));
    let [expired, unknown] = ["old", "unheard"].map(|token| {
        let request = Request::get("/").header("authorization", format!("Bearer {token}"));
        let Ok(response) = run(service.clone().oneshot(request.body(()).unwrap()));
        let heard = ear.take().remove(0);
        assert_eq!(heard.reason, Some(RefusalReason::WrongCredentials));
        (heard.text, response.headers().clone(), response.into_body())
    });
    assert_eq!(expired.0, "the token has expired");
    assert_eq!(unknown.0, "unknown token");
    assert_eq!((&expired.1, &expired.2), (&unknown.1, &unknown.2));
    assert!(expired.2.contains("Unauthenticated"), "{}", expired.2);
}

/// Logs, metrics and filters match these codes, so they must never change.
#[test]
fn every_reason_has_a_code_of_its_own() {
    let reasons = [
        (RefusalReason::NoCredentials, "no_credentials"),
        (RefusalReason::UnknownScheme, "unknown_scheme"),
        (RefusalReason::LoginRequired, "login_required"),
        (RefusalReason::ContinueExchange, "continue_exchange"),
        (RefusalReason::WrongCredentials, "wrong_credentials"),
        (RefusalReason::Uncounted, "uncounted"),
        (RefusalReason::Rejected, "rejected"),
        (RefusalReason::Stale, "stale"),
        (RefusalReason::Malformed, "malformed"),
        (RefusalReason::BodyTooLong, "body_too_long"),
        (RefusalReason::BodyTooSlow, "body_too_slow"),
        (RefusalReason::BodyBroken, "body_broken"),
        (RefusalReason::Forbidden, "forbidden"),
        (RefusalReason::StepUpRequired, "step_up_required"),
        (RefusalReason::TlsRequired, "tls_required"),
        (RefusalReason::TooManyFailures, "too_many_failures"),
        (RefusalReason::Unavailable, "unavailable"),
        (RefusalReason::NotReserved, "not_reserved"),
        (RefusalReason::MissingLayer, "missing_layer"),
    ];
    for (reason, code) in reasons {
        assert_eq!(reason.code(), code);
        assert!(
            code.bytes()
                .all(|byte| byte == b'_' || byte.is_ascii_lowercase()),
            "{code}"
        );
    }
}

/// A scheme that counts how often the layer asks it for the claimed account.
struct Counted<S>(S, Arc<AtomicUsize>);

impl<S: Scheme> Scheme for Counted<S> {
    type Identity = S::Identity;
    type BodyAccess = S::BodyAccess;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.0.challenge(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.0.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        self.1.fetch_add(1, Ordering::SeqCst);
        self.0.account(attempt)
    }

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<S::Identity, S::BodyAccess>> {
        self.0.authenticate(attempt)
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        self.0.is_malformed(attempt)
    }
}

/// The throttle and the audit both need the account. The second verifier waits before it answers.
#[test]
fn the_scheme_is_asked_for_the_account_once_for_each_decision() {
    async fn slowly(
        user: String,
        password: SecretString,
    ) -> Result<Option<Principal>, Unavailable> {
        later().await;
        let right = password.as_secret().matches(PASSWORD);
        Ok(right.then(|| Principal::new(&user)))
    }
    let at_once =
        |user: &str, password: Secret<'_>| password.matches(PASSWORD).then(|| Principal::new(user));
    let asked = Arc::new(AtomicUsize::new(0));
    let boxed: [Arc<dyn VerifyPassword<Identity = Principal>>; 2] =
        [Arc::new(at_once), Arc::new(verify_async(slowly))];
    for verifier in boxed {
        let scheme = Counted(Basic::new("files", verifier).unwrap(), Arc::clone(&asked));
        let (ear, tally) = (RecordingAudit::default(), RecordingThrottle::default());
        let layer = RequireAuth::new(scheme).unwrap();
        let layer = layer.audit(ear.clone()).throttle(tally.clone());
        let service = layer.layer(Probe::new());
        for (ask, account) in [
            (get("/").basic(USER, PASSWORD), Some(USER)),
            (get("/").basic(USER, WRONG), Some(USER)),
            (get("/").bearer(TOKEN), None),
        ] {
            asked.store(0, Ordering::SeqCst);
            let Ok(_) = run(service.clone().oneshot(ask.into_request()));
            assert_eq!(asked.load(Ordering::SeqCst), 1);
            assert_eq!(ear.take()[0].account.as_deref(), account);
        }
        tally.exhaust();
        asked.store(0, Ordering::SeqCst);
        let Ok(_) = run(service.oneshot(get("/").basic(USER, PASSWORD).into_request()));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        assert_eq!(ear.take()[0].account.as_deref(), Some(USER));
    }
}
