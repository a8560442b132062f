//! Comparisons that nobody waits for to the end.

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
use crate::support::watch::Tally;
use crate::support::{Ask, PASSWORD, Probe, USER, WRONG, get};

const LIMIT: Duration = Duration::from_millis(100);

/// Holds hashes up while it is shut, and counts how many have begun and ended.
#[derive(Clone, Default)]
struct Door(Arc<(Mutex<Passed>, Condvar)>);

#[derive(Default)]
struct Passed {
    shut: bool,
    begun: usize,
    ended: usize,
}

impl Door {
    fn pass(&self) {
        let mut passed = self.0.0.lock().unwrap();
        passed.begun += 1;
        self.0.1.notify_all();
        drop(self.0.1.wait_while(passed, |it| it.shut).unwrap());
        self.0.0.lock().unwrap().ended += 1;
        self.0.1.notify_all();
    }

    fn set(&self, shut: bool) {
        self.0.0.lock().unwrap().shut = shut;
        self.0.1.notify_all();
    }

    fn wait_for(&self, what: impl Fn(&Passed) -> bool) {
        let passed = self.0.0.lock().unwrap();
        drop(self.0.1.wait_while(passed, |it| !what(it)).unwrap());
    }
}

/// Hashed passwords of one account behind a door, and what the layer is tuned with.
struct Bench {
    verifier: HashedPasswords<HashedAccounts>,
    door: Door,
    cache: VerifiedPasswordCache,
    pool: HashingPool,
    clock: ManualClock,
    tally: Tally,
}

impl Bench {
    fn new() -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_720_000_000));
        let (door, cache) = (Door::default(), VerifiedPasswordCache::new().unwrap());
        let pool = HashingPool::builder().threads(1).queue(1);
        let pool = pool.clock(clock.clone()).build().unwrap();
        let hash = PasswordHash::insecure_plaintext(Secret::new(PASSWORD));
        let account = HashedAccount::new(hash, Principal::new(USER));
        let accounts = HashedAccounts::from_accounts([(USER.to_owned(), account)]);
        let behind = door.clone();
        let verifier = HashedPasswords::builder(accounts.unwrap())
            .pool(pool.clone())
            .cache(cache.clone(), "files")
            .check_with(move |hash, password| {
                behind.pass();
                hash.matches(password)
            });
        Self {
            verifier: verifier.build().unwrap(),
            door,
            cache,
            pool,
            clock,
            tally: Tally::default(),
        }
    }

    fn layer(&self) -> RequireAuth<Basic<HashedPasswords<HashedAccounts>>> {
        RequireAuth::new(Basic::new("files", self.verifier.clone()).unwrap()).unwrap()
    }

    /// What becomes of a request whose hash has begun by the time that the deadline passes.
    fn cut_off<A>(&self, layer: &RequireAuth<A>, password: &str) -> u16
    where
        A: tower_challenge::Scheme<BodyAccess = tower_challenge::scheme::BodyUnread>,
    {
        self.door.set(true);
        let begun = self.door.0.0.lock().unwrap().begun;
        let service = layer.layer(Probe::new());
        let mut response = pin!(service.oneshot(get("/").basic(USER, password).into_request()));
        if let Some(status) = polled(response.as_mut()) {
            return status;
        }
        self.door.wait_for(|it| it.begun > begun);
        self.clock.advance(LIMIT);
        let status = polled(response.as_mut()).unwrap();
        self.door.set(false);
        self.door.wait_for(|it| it.ended > begun);
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

/// The attempt stays used up, whether the password was right or wrong.
#[test]
fn a160_a_deadline_shorter_than_the_hash_gives_no_attempt_back() {
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
        "what has ended is remembered"
    );
}

/// It was found in 30 guesses, of which none was counted.
#[test]
fn a160_guesses_that_are_cut_off_run_out() {
    let bench = Bench::new();
    let layer = bench.layer().throttle(FailureThrottle::new().unwrap());
    let layer = layer.deadline(LIMIT, bench.clock.clone());
    let guesses = (0..30).map(|number| format!("{WRONG}{number}"));
    let answers: Vec<_> = guesses.map(|it| bench.cut_off(&layer, &it)).collect();
    assert!(answers.ends_with(&[429]), "{answers:?}");
    assert!(bench.door.0.0.lock().unwrap().begun < 30);
}

/// A verifier with a time limit of its own says that it cannot tell, while the hash goes on.
#[test]
fn a160_a_time_limit_within_the_verifier_gives_no_attempt_back_either() {
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

/// A verifier that is away uses up nothing that others share, and one attempt of an account whose owner tries on.
#[test]
fn a160_an_outage_of_a_verifier_shuts_no_one_out() {
    let away = Arc::new(AtomicBool::new(true));
    let answer = |away: &AtomicBool, right: bool| match away.load(Ordering::Relaxed) {
        true => Err(Unavailable::new("the database is away")),
        false => Ok(right.then(|| Principal::new(USER))),
    };
    let (of_tokens, of_passwords) = (Arc::clone(&away), Arc::clone(&away));
    let tokens = move |token: Secret<'_>| answer(&of_tokens, token.matches("t0ken"));
    let passwords =
        move |_: &str, password: Secret<'_>| answer(&of_passwords, password.matches(PASSWORD));
    let schemes = (
        Bearer::new("files", tokens).unwrap(),
        Basic::new("files", passwords).unwrap(),
    );
    let layer = RequireAuth::new(schemes).unwrap();
    let service = layer
        .throttle(FailureThrottle::new().unwrap())
        .layer(Probe::new());
    let ask = |ask: Ask| {
        let peer = PeerAddress(SocketAddr::from(([192, 0, 2, 1], 40_000)));
        let request = ask.extension(peer).into_request();
        polled(pin!(service.clone().oneshot(request))).unwrap()
    };
    let bearer = || get("/").bearer("t0ken");
    let basic = || get("/").basic(USER, PASSWORD);
    for _ in 0..100 {
        assert_eq!((ask(bearer()), ask(basic())), (503, 503));
    }
    away.store(false, Ordering::Relaxed);
    assert_eq!((ask(bearer()), ask(basic())), (200, 200));
}

/// Who disconnects while the password is compared has guessed.
#[test]
fn a160_a_client_that_goes_away_gets_nothing_back() {
    let bench = Bench::new();
    bench.door.set(true);
    let service = bench.layer().throttle(bench.tally.clone());
    let service = service.layer(Probe::new());
    let ask = get("/").basic(USER, WRONG).into_request();
    assert!(still_waits(service.oneshot(ask)));
    assert_eq!(bench.tally.take_reserved().len(), 1);
    assert_eq!(bench.tally.take_settled(), []);
    bench.door.set(false);
}

type Check = fn(&PasswordHash, Secret<'_>) -> Result<bool, Unavailable>;

/// A check that comes to no end may have compared.
#[test]
fn a160_a_comparison_that_breaks_off_gives_nothing_back() {
    let breaking: [Check; 2] = [
        |_, _| panic!("as it is meant to"),
        |_, _| Err(Unavailable::new("the module did not answer")),
    ];
    for check in breaking {
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

/// No comparison has begun where the queue is full, where the hash has no turn in time, and where the accounts are away.
#[test]
fn a160_what_never_began_is_given_back() {
    let bench = Bench::new();
    bench.door.set(true);
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
    bench.door.wait_for(|it| it.begun == 1);
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
    assert_eq!(late, 503, "it had no turn in time");
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::NotCounted]);
    bench.door.set(false);

    let away = |_: &str| -> NowOrLater<Result<Option<HashedAccount>, Unavailable>> {
        NowOrLater::later(async { Err(Unavailable::new("the database is away")) })
    };
    let like = PasswordHash::insecure_plaintext(Secret::new(PASSWORD));
    let verifier = HashedPasswords::builder(from_lookup(away, &like)).pool(bench.pool.clone());
    let basic = Basic::new("files", verifier.build().unwrap()).unwrap();
    let layer = RequireAuth::new(basic)
        .unwrap()
        .throttle(bench.tally.clone());
    let ask = get("/").basic(USER, PASSWORD).into_request();
    let mut response = pin!(layer.layer(Probe::new()).oneshot(ask));
    assert_eq!(polled(response.as_mut()), Some(503));
    assert_eq!(bench.tally.take_settled(), [AttemptOutcome::NotCounted]);
}

/// A page of another site can make a browser ask for `/?access_token=x`, without a preflight. That shuts no one out.
#[test]
fn a123_a_page_of_another_site_shuts_no_network_out() {
    let tokens = |token: Secret<'_>| token.matches("t0ken").then(|| Principal::new(USER));
    let layer = RequireAuth::new(Bearer::new("files", tokens).unwrap()).unwrap();
    let service = layer
        .throttle(FailureThrottle::new().unwrap())
        .layer(Probe::new());
    let ask = |ask: Ask| {
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
