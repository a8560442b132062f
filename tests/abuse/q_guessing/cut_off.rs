//! Tests comparisons that the client or the layer does not wait for.

use std::future::Future;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::task::{Context, Poll, Waker};
use std::thread;
use std::time::{Duration, SystemTime};

use tower::ServiceExt;
use tower_challenge::client::PeerAddress;
use tower_challenge::clock::{ManualClock, Timer};
use tower_challenge::password::hash::PasswordHash;
use tower_challenge::password::{
    HashedAccount, HashedAccounts, HashedPasswords, HashingPool, VerifiedPasswordCache,
    VerifyPassword, from_lookup, verify_async,
};
use tower_challenge::scheme::{Basic, Bearer};
use tower_challenge::throttle::{AttemptOutcome, FailureThrottle};
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, SecretString, Unavailable};
use tower_layer::Layer as _;

use crate::support::run::still_waits;
use crate::support::watch::RecordingThrottle;
use crate::support::{PASSWORD, Probe, TestRequest, USER, WRONG, get};

const LIMIT: Duration = Duration::from_millis(100);

/// Blocks hashing while it is closed, and counts how many hashes have begun and ended.
#[derive(Clone, Default)]
struct HashGate(Arc<(Mutex<GateState>, Condvar)>);

#[derive(Default)]
struct GateState {
    is_closed: bool,
    begun: usize,
    ended: usize,
}

impl HashGate {
    fn wait_until_open(&self) {
        let mut state = self.0.0.lock().unwrap();
        state.begun += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(state, |state| state.is_closed).unwrap());
        self.0.0.lock().unwrap().ended += 1;
        self.0.1.notify_all();
    }

    fn set_closed(&self, is_closed: bool) {
        self.0.0.lock().unwrap().is_closed = is_closed;
        self.0.1.notify_all();
    }

    fn wait_for(&self, condition: impl Fn(&GateState) -> bool) {
        let state = self.0.0.lock().unwrap();
        drop(
            self.0
                .1
                .wait_while(state, |state| !condition(state))
                .unwrap(),
        );
    }
}

/// Hashed passwords of one account behind a gate, and the settings of the layer.
struct Bench {
    verifier: HashedPasswords<HashedAccounts>,
    gate: HashGate,
    cache: VerifiedPasswordCache,
    pool: HashingPool,
    clock: ManualClock,
    tally: RecordingThrottle,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000));
        let (gate, cache) = (HashGate::default(), VerifiedPasswordCache::new().unwrap());
        let pool = HashingPool::builder().threads(1).queue(1);
        let pool = pool.clock(clock.clone()).build().unwrap();
        let hash = PasswordHash::insecure_plaintext(Secret::new(PASSWORD));
        let account = HashedAccount::new(hash, Principal::new(USER));
        let accounts = HashedAccounts::from_accounts([(USER.to_owned(), account)]);
        let behind = gate.clone();
        let verifier = HashedPasswords::builder(accounts.unwrap())
            .pool(pool.clone())
            .cache(cache.clone(), "files")
            .check_with(move |hash, password| {
                behind.wait_until_open();
                hash.matches(password)
            });
        Self {
            verifier: verifier.build().unwrap(),
            gate,
            cache,
            pool,
            clock,
            tally: RecordingThrottle::default(),
        }
    }

    fn layer(&self) -> RequireAuth<Basic<HashedPasswords<HashedAccounts>>> {
        RequireAuth::new(Basic::new("files", self.verifier.clone()).unwrap()).unwrap()
    }

    /// Returns the status of a request whose hash has begun before the deadline passes.
    fn cut_off<A>(&self, layer: &RequireAuth<A>, password: &str) -> u16
    where
        A: tower_challenge::Scheme<BodyAccess = tower_challenge::scheme::BodyUnread>,
    {
        self.gate.set_closed(true);
        let begun = self.gate.0.0.lock().unwrap().begun;
        let service = layer.layer(Probe::new());
        let mut response = pin!(service.oneshot(get("/").basic(USER, password).into_request()));
        if let Some(status) = polled(response.as_mut()) {
            return status;
        }
        self.gate.wait_for(|state| state.begun > begun);
        self.clock.advance(LIMIT);
        let status = polled(response.as_mut()).unwrap();
        self.gate.set_closed(false);
        self.gate.wait_for(|state| state.ended > begun);
        status
    }
}

fn polled<F, B>(future: Pin<&mut F>) -> Option<u16>
where
    F: Future<Output = Result<http::Response<B>, std::convert::Infallible>>,
{
    match future.poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(Ok(response)) => Some(response.status().as_u16()),
        Poll::Pending => None,
    }
}

/// The attempt stays counted, whether the password was right or wrong.
#[test]
fn a160_an_attempt_whose_deadline_passes_during_the_hash_stays_counted() {
    let bench = Bench::new();
    let layer = bench.layer().throttle(bench.tally.clone());
    let layer = layer.deadline(LIMIT, bench.clock.clone());
    for password in [WRONG, PASSWORD] {
        assert_eq!(bench.cut_off(&layer, password), 503);
        assert_eq!(bench.tally.take_reserved().len(), 1);
        assert_eq!(bench.tally.take_settled(), []);
    }
    while bench.cache.entry_count() == 0 {
        thread::yield_now();
    }
    assert_eq!(
        bench.cut_off(&layer, PASSWORD),
        200,
        "the cache remembers the finished hash"
    );
}

/// This attack was once possible: the attacker made 30 guesses, and the throttle counted none of them.
#[test]
fn a160_an_attacker_whose_guesses_are_cut_off_gets_429_in_the_end() {
    let bench = Bench::new();
    let layer = bench.layer().throttle(FailureThrottle::new().unwrap());
    let layer = layer.deadline(LIMIT, bench.clock.clone());
    let guesses = (0..30).map(|number| format!("{WRONG}{number}"));
    let answers: Vec<_> = guesses.map(|guess| bench.cut_off(&layer, &guess)).collect();
    assert!(answers.ends_with(&[429]), "{answers:?}");
    assert!(bench.gate.0.0.lock().unwrap().begun < 30);
}

/// A verifier with a time limit of its own answers `Unavailable` while the hash goes on.
#[test]
fn a160_an_attempt_whose_verifier_stops_waiting_stays_counted() {
    let bench = Bench::new();
    let (inside, clock) = (bench.verifier.clone(), bench.clock.clone());
    let limited = verify_async(move |user: String, password: SecretString| {
        let (inside, clock) = (inside.clone(), clock.clone());
        async move {
            let mut verified = inside.verify(&user, password.as_secret());
            let mut sleep = clock.sleep(LIMIT);
            std::future::poll_fn(move |cx| match Pin::new(&mut verified).poll(cx) {
                Poll::Pending => {
                    let too_late = || Err(Unavailable::new("it took too long"));
                    sleep.as_mut().poll(cx).map(|()| too_late())
                }
                ready => ready,
            })
            .await
        }
    });
    let layer = RequireAuth::new(Basic::new("files", limited).unwrap()).unwrap();
    let layer = layer.throttle(bench.tally.clone());
    assert_eq!(bench.cut_off(&layer, WRONG), 503);
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::Unjudged]);
}

/// While a verifier is unavailable, attempts do not count for the network. The repeats of an owner with one password
/// are one attempt of the account.
#[test]
fn a160_an_outage_of_a_verifier_locks_no_client_out() {
    let is_down = Arc::new(AtomicBool::new(true));
    let answer = |is_down: &AtomicBool, right: bool| match is_down.load(Ordering::Relaxed) {
        true => Err(Unavailable::new("the database is away")),
        false => Ok(right.then(|| Principal::new(USER))),
    };
    let (tokens_down, passwords_down) = (Arc::clone(&is_down), Arc::clone(&is_down));
    let tokens = move |token: Secret<'_>| answer(&tokens_down, token.matches("t0ken"));
    let passwords =
        move |_: &str, password: Secret<'_>| answer(&passwords_down, password.matches(PASSWORD));
    let schemes = (
        Bearer::new("files", tokens).unwrap(),
        Basic::new("files", passwords).unwrap(),
    );
    let layer = RequireAuth::new(schemes).unwrap();
    let service = layer
        .throttle(FailureThrottle::new().unwrap())
        .layer(Probe::new());
    let ask = |ask: TestRequest| {
        let peer = PeerAddress(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let request = ask.extension(peer).into_request();
        polled(pin!(service.clone().oneshot(request))).unwrap()
    };
    let bearer = || get("/").bearer("t0ken");
    let basic = || get("/").basic(USER, PASSWORD);
    for _ in 0..100 {
        assert_eq!((ask(bearer()), ask(basic())), (503, 503));
    }
    is_down.store(false, Ordering::Relaxed);
    assert_eq!((ask(bearer()), ask(basic())), (200, 200));
}

/// A client that disconnects while the verifier compares the password has made a guess.
#[test]
fn a160_the_attempt_of_a_client_that_disconnects_stays_counted() {
    let bench = Bench::new();
    bench.gate.set_closed(true);
    let service = bench.layer().throttle(bench.tally.clone());
    let service = service.layer(Probe::new());
    let ask = get("/").basic(USER, WRONG).into_request();
    assert!(still_waits(service.oneshot(ask)));
    assert_eq!(bench.tally.take_reserved().len(), 1);
    assert_eq!(bench.tally.take_settled(), []);
    bench.gate.set_closed(false);
}

type Check = fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable>;

/// A check that panics or fails may have compared the password.
#[test]
fn a160_an_attempt_whose_comparison_fails_is_settled_as_unjudged() {
    let failing_checks: [Check; 2] = [
        |_, _| panic!("on purpose"),
        |_, _| Err(Unavailable::new("the module did not answer")),
    ];
    for check in failing_checks {
        let bench = Bench::new();
        let hashed =
            HashedPasswords::builder(bench.verifier.store().clone()).pool(bench.pool.clone());
        let verifier = hashed.check_with(check).build().unwrap();
        let layer = RequireAuth::new(Basic::new("files", verifier).unwrap()).unwrap();
        let service = layer.throttle(bench.tally.clone()).layer(Probe::new());
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        let ask = get("/").basic(USER, PASSWORD).into_request();
        let response = runtime.unwrap().block_on(service.oneshot(ask)).unwrap();
        assert_eq!(response.status(), 503);
        assert_eq!(bench.tally.take_settled(), [AttemptOutcome::Unjudged]);
    }
}

/// No comparison has begun if the queue is full, if the hash waits too long in the queue, or if the accounts are
/// unavailable. In these cases the throttle returns the attempt.
#[test]
fn a160_an_attempt_whose_comparison_never_began_does_not_count() {
    let bench = Bench::new();
    bench.gate.set_closed(true);
    let service = bench.layer().throttle(bench.tally.clone());
    let service = service.layer(Probe::new());
    let ask = |number: usize| {
        let password = format!("{WRONG}{number}");
        Box::pin(
            service
                .clone()
                .oneshot(get("/").basic(USER, &password).into_request()),
        )
    };
    let (mut hashing, mut queued) = (ask(0), ask(1));
    assert_eq!(polled(hashing.as_mut()), None);
    bench.gate.wait_for(|state| state.begun == 1);
    assert_eq!(polled(queued.as_mut()), None);
    assert_eq!(polled(ask(2).as_mut()), Some(503), "the queue is full");
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::NotCounted]);

    bench.clock.advance(Duration::from_secs(2));
    let late = loop {
        if let Some(status) = polled(queued.as_mut()) {
            break status;
        }
        thread::yield_now();
    };
    assert_eq!(late, 503, "the hash waited too long in the queue");
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::NotCounted]);
    bench.gate.set_closed(false);

    let failing_lookup = |_: &str| -> NowOrLater<Result<Option<HashedAccount>, Unavailable>> {
        NowOrLater::later(async { Err(Unavailable::new("the database is away")) })
    };
    let decoy = PasswordHash::insecure_plaintext(Secret::new(PASSWORD));
    let verifier =
        HashedPasswords::builder(from_lookup(failing_lookup, &decoy)).pool(bench.pool.clone());
    let basic = Basic::new("files", verifier.build().unwrap()).unwrap();
    let layer = RequireAuth::new(basic)
        .unwrap()
        .throttle(bench.tally.clone());
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let mut response = pin!(layer.layer(Probe::new()).oneshot(ask));
    assert_eq!(polled(response.as_mut()), Some(503));
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::NotCounted]);
}

/// A page of another site can make a browser request `/?access_token=x`, without a preflight. Such requests must not
/// count.
#[test]
fn a123_requests_that_a_page_of_another_site_makes_a_browser_send_do_not_count() {
    let tokens = |token: Secret<'_>| token.matches("t0ken").then(|| Principal::new(USER));
    let layer = RequireAuth::new(Bearer::new("files", tokens).unwrap()).unwrap();
    let service = layer
        .throttle(FailureThrottle::new().unwrap())
        .layer(Probe::new());
    let ask = |ask: TestRequest| {
        let peer = PeerAddress(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let request = ask.extension(peer).into_request();
        polled(pin!(service.clone().oneshot(request))).unwrap()
    };
    for number in 0..100 {
        assert_eq!(ask(get(&format!("/?access_token={number}"))), 401);
        assert_eq!(ask(get("/?access_token=x&access_token=y")), 400);
    }
    assert_eq!(ask(get("/").bearer("t0ken")), 200);
    assert!((0..50).all(|_| ask(get("/").bearer("wrong")) == 401));
    assert_eq!(ask(get("/").bearer("t0ken")), 429, "guesses have a limit");
}
