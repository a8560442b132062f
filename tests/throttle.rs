//! Whoever guesses is slowed down, and nobody else is.
//!
//! Cases of the section on brute force have their numbers: a121 to a130. Case a124 has its flood in
//! `throttle_allocations.rs`. Case a129 has nothing to test: no response is held back, so none is parked.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail as tests do")]

#[path = "support/mod.rs"]
pub mod support;

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;
use std::time::{Duration, SystemTime};

use http::{Request, Response};
use proptest::prelude::*;
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::client::{FindClient, PeerAddress};
use tower_challenge::clock::ManualClock;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::password::Accounts;
use tower_challenge::password::precis::username;
use tower_challenge::scheme::{Attempt, Basic, Head, Judgement, Scheme, Verdict};
use tower_challenge::store::{
    Budget, Key, MemoryThrottleStore, Reserved, Settlement, ThrottleStore,
};
use tower_challenge::throttle::{FailureThrottle, Reservation, Throttle};
use tower_challenge::{
    Account, NowOrLater, Principal, RequestHead, RequireAuth, Secret, Unavailable,
};

use self::support::run::{later, still_waits};
use self::support::{
    Answer, Ask, Body, Boxed, Kind, Layer, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, Stand,
    TOKEN, USER, WRONG, WRONG_TOKEN, World, get, run,
};

const HOME: &str = "198.51.100.7";
const ELSEWHERE: &str = "203.0.113.66";
const SECOND: Duration = Duration::from_secs(1);

/// A stand that is throttled, and its time.
struct Gate {
    stand: Stand,
    clock: ManualClock,
    throttle: FailureThrottle,
}

type Tune = fn(FailureThrottle) -> FailureThrottle;

impl Gate {
    fn new(kinds: &[Kind]) -> Self {
        Self::tuned(kinds, |it| it)
    }

    fn tuned(kinds: &[Kind], tune: impl FnOnce(FailureThrottle) -> FailureThrottle) -> Self {
        let clock = ManualClock::new(SystemTime::UNIX_EPOCH + SECOND * 1_700_000_000);
        let store = MemoryThrottleStore::new().with_clock(clock.clone());
        let throttle = tune(FailureThrottle::new().unwrap().store(store));
        let stand = Stand::tuned(kinds, |layer| layer.throttle(throttle.clone()));
        Self {
            stand,
            clock,
            throttle,
        }
    }

    fn ask(&self, ask: Ask, peer: &str) -> Answer {
        self.stand.ask(from(ask, peer))
    }

    fn basic(&self, user: &str, password: &str, peer: &str) -> u16 {
        self.ask(get("/").basic(user, password), peer)
            .status
            .as_u16()
    }

    /// Guesses until there is no attempt left; how many there were.
    fn guess(&self, user: &str, peer: &str) -> usize {
        let mut guesses = 0;
        while self.basic(user, WRONG, peer) == 401 {
            guesses += 1;
            assert!(guesses < 1000, "nobody counts");
        }
        guesses
    }

    fn pass(&self, time: Duration) {
        self.clock.advance(time);
    }
}

fn from(ask: Ask, peer: &str) -> Ask {
    ask.extension(PeerAddress(SocketAddr::new(peer.parse().unwrap(), 4711)))
}

/// Somebody else's address, each with a network of its own.
fn stranger(number: u32) -> String {
    std::net::Ipv4Addr::from(0xcb00_0000 + number).to_string()
}

#[test]
fn a121_every_spelling_of_a_name_is_one_account() {
    const ADMIN: [&str; 14] = [
        "admin",
        "Admin",
        "ADMIN",
        " admin",
        "admin ",
        "\u{a0}admin\u{3000}",
        "\u{ff41}\u{ff44}\u{ff4d}\u{ff49}\u{ff4e}",
        "\u{ff21}\u{ff24}\u{ff2d}\u{ff29}\u{ff2e}",
        "ad\u{200b}min",
        "ad\u{ad}min",
        "\u{feff}admin",
        "\u{1d41a}dmin",
        "\u{24d0}dmin",
        "admin\u{200d} ",
    ];
    const JOSE: [&str; 5] = [
        "jos\u{e9}",
        "jose\u{301}",
        "JOS\u{c9}",
        "JOSE\u{301}",
        "Jos\u{e9}\u{fe0f}",
    ];
    const STRASSE: [&str; 5] = [
        "stra\u{df}e",
        "STRASSE",
        "stra\u{1e9e}e",
        "\u{17f}trasse",
        "strasse",
    ];
    const SIGMA: [&str; 4] = [
        "\u{3c3}\u{3bf}\u{3c3}",
        "\u{3c3}\u{3bf}\u{3c2}",
        "\u{3a3}\u{39f}\u{3a3}",
        "\u{3f2}\u{3bf}\u{3c2}",
    ];
    const KELVIN: [&str; 5] = ["kate", "KATE", "\u{212a}ate", "\u{ff2b}ate", "Ka\u{2060}te"];
    for spellings in [&ADMIN[..], &JOSE, &STRASSE, &SIGMA, &KELVIN] {
        for first in spellings {
            let gate = Gate::new(&[Kind::Basic]);
            for spelling in [*first].iter().chain(spellings).cycle().take(5) {
                assert_eq!(
                    gate.basic(spelling, WRONG, HOME),
                    401,
                    "{first:?} {spelling:?}"
                );
            }
            for spelling in spellings {
                assert_eq!(
                    gate.basic(spelling, WRONG, ELSEWHERE),
                    429,
                    "{first:?} {spelling:?}"
                );
            }
            for other in ["adnin", "admin2", "a dmin", "jos", "kat", "\u{430}dmin"] {
                assert_eq!(gate.basic(other, WRONG, ELSEWHERE), 401, "{other}");
            }
        }
    }
}

/// Whether an attempt at `name` was granted, where each account has one.
fn is_granted(throttle: &FailureThrottle, name: &str) -> bool {
    let request = Request::new(());
    let client = FindClient::by_connection().find(&RequestHead::of(&request));
    let account = Account::new(name.to_owned());
    let reserved = throttle.reserve(Some(&account), &client, &RequestHead::of(&request));
    matches!(reserved.try_now(), Ok(Ok(Reservation::Granted(_))))
}

/// One attempt for each account, and as many as there are for everybody.
fn one_each(keys: usize) -> FailureThrottle {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let store = MemoryThrottleStore::new()
        .with_capacity(keys)
        .with_clock(clock);
    let throttle = FailureThrottle::new().unwrap().store(store);
    throttle
        .account(Budget::failures(1))
        .everybody(Budget::failures(u32::MAX))
}

/// Every character that PRECIS makes another one of.
#[test]
fn a121_what_precis_takes_for_one_name_is_one_account() {
    let throttle = one_each(1 << 16);
    let mut prepared = 0;
    for it in '\u{0}'..=char::MAX {
        let name = format!("a{it}b");
        let Some(its) = username(&name).filter(|its| *its != name) else {
            continue;
        };
        prepared += 1;
        let _either = is_granted(&throttle, &name);
        assert!(!is_granted(&throttle, &its), "{name:?} {its:?}");
    }
    println!("{prepared} characters are prepared");
    assert!(prepared > 500, "{prepared}");
    assert!(is_granted(&throttle, "somebody else"), "and there is room");
}

proptest! {
    /// So are names of several characters that PRECIS changes, joins or puts in another order.
    #[test]
    fn a121_what_precis_takes_for_one_name_is_one_account_whatever_its_letters(
        name in "[aA1\u{ff41}-\u{ff43}\u{ff21}\u{ff10}\u{301}\u{308}\u{323}\u{345}\u{e9}\u{1e9b}\u{3b1}\u{3a3}\u{3c2}\u{df}\u{1100}\u{1161}\u{11a8}\u{ac00}\u{ff76}\u{ff9e}\u{30ab}\u{3099}\u{5d0}\u{94d}\u{915}\u{200d}\u{b7}l]{1,6}",
        other in any::<prop::sample::Index>(),
    ) {
        if let Some(its) = username(&name) {
            let throttle = one_each(512);
            prop_assert!(is_granted(&throttle, &name));
            prop_assert!(!is_granted(&throttle, &its), "{name:?} {its:?}");
            let letter = other.get(&['q', 'z', '9']);
            prop_assert!(is_granted(&throttle, &format!("{name}{letter}")), "and no other is");
        }
    }
}

/// A verifier that answers when it is told to, and counts.
fn counting(verified: &Arc<AtomicUsize>, wait: bool) -> Boxed {
    let verified = Arc::clone(verified);
    let verifier = move |_: &str, _: Secret<'_>| {
        verified.fetch_add(1, Ordering::SeqCst);
        let no: Result<Option<Principal>, Unavailable> = Ok(None);
        if wait {
            return NowOrLater::later(async {
                later().await;
                no
            });
        }
        thread::yield_now();
        NowOrLater::now(no)
    };
    Box::new(Basic::new("files", verifier).unwrap())
}

fn throttled(verified: &Arc<AtomicUsize>, wait: bool) -> RequireAuth<Boxed> {
    let layer = RequireAuth::new(counting(verified, wait)).unwrap();
    layer.throttle(FailureThrottle::new().unwrap())
}

#[test]
fn a122_of_a_thousand_guesses_under_way_at_once_five_are_verified() {
    let verified = Arc::default();
    let layer = throttled(&verified, true).layer(Probe::new());
    let guess = |number: u32| {
        let ask = get("/").basic(USER, &format!("guess-{number}"));
        let request = from(ask, &stranger(number)).into_request();
        let mut service = layer.clone();
        let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
        Box::pin(ready.call(request))
    };
    let mut guesses: Vec<_> = (0..1000).map(guess).collect();
    let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
    let mut statuses = Vec::new();
    while !guesses.is_empty() {
        guesses.retain_mut(|it| match it.as_mut().poll(&mut cx) {
            std::task::Poll::Ready(Ok(response)) => {
                statuses.push(response.status().as_u16());
                false
            }
            _ => true,
        });
    }
    let count = |status| statuses.iter().filter(|it| **it == status).count();
    assert_eq!(verified.load(Ordering::SeqCst), 5);
    assert_eq!((count(401), count(429)), (5, 995));
}

#[test]
fn a122_of_a_thousand_guesses_by_threads_at_once_five_are_verified() {
    let verified = Arc::default();
    let layer = throttled(&verified, false).layer(Probe::new());
    let start = Barrier::new(100);
    let refused = AtomicUsize::new(0);
    thread::scope(|scope| {
        for thread in 0..100 {
            let (layer, start, refused) = (layer.clone(), &start, &refused);
            scope.spawn(move || {
                start.wait();
                for number in 0..10 {
                    let ask = get("/").basic(USER, WRONG);
                    let request = from(ask, &stranger(thread * 10 + number)).into_request();
                    let Ok(response) = run(layer.clone().oneshot(request));
                    refused.fetch_add(usize::from(response.status() == 429), Ordering::SeqCst);
                }
            });
        }
    });
    assert_eq!(verified.load(Ordering::SeqCst), 5);
    assert_eq!(refused.load(Ordering::SeqCst), 995);
}

#[test]
fn a123_no_stranger_locks_an_owner_out_who_was_there_before() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    for number in 0..500 {
        let guessed = gate.basic(USER, WRONG, &stranger(number));
        assert!([401, 429].contains(&guessed));
        assert_eq!(
            gate.basic(USER, PASSWORD, HOME),
            200,
            "the owner, after {number}"
        );
        gate.pass(Duration::from_secs(60));
    }
    assert_eq!(
        gate.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "from anywhere else"
    );
    assert_eq!(
        gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE),
        200,
        "and nobody else"
    );
}

#[test]
fn a123_the_allowance_of_a_known_source_is_small_and_its_own() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let shared = gate.guess(USER, HOME);
    assert_eq!(shared, 25, "20 of the allowance, and 5 as everybody has");
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 429, "it is used up");
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200, "a stranger's turn");
    assert_eq!(gate.guess(USER, HOME), 5, "it is too soon to renew it");
    gate.pass(SECOND * 60);
    assert_eq!(
        gate.guess(USER, HOME),
        21,
        "now it is not, and the account has one a wait"
    );

    let forgotten = Gate::new(&[Kind::Basic]);
    assert_eq!(forgotten.basic(USER, PASSWORD, HOME), 200);
    forgotten.pass(Duration::from_secs(31 * 24 * 60 * 60));
    assert_eq!(forgotten.guess(USER, HOME), 5);

    let none = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    assert_eq!(none.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(none.guess(USER, HOME), 5);
}

#[test]
fn a124_an_address_in_other_clothes_is_the_same_source() {
    let gate = Gate::new(&[Kind::Basic]);
    let rotating = |number: u32| format!("2001:db8:1:2:{number:x}:{number:x}:5:6");
    for number in 0..50 {
        assert_eq!(
            gate.basic(&format!("user{number}"), WRONG, &rotating(number)),
            401
        );
    }
    assert_eq!(
        gate.basic("user50", WRONG, "2001:db8:1:2::1"),
        429,
        "one network of 64 bits"
    );
    assert_eq!(
        gate.basic("user50", WRONG, "2001:db8:1:3::1"),
        401,
        "another"
    );
    for number in 0..50 {
        let address = ["192.0.2.9", "::ffff:192.0.2.9"][number % 2];
        assert_eq!(
            gate.basic(&format!("user{}", number + 60), WRONG, address),
            401
        );
    }
    assert_eq!(gate.basic("user200", WRONG, "192.0.2.9"), 429);
    assert_eq!(gate.basic("user200", WRONG, "::ffff:192.0.2.9"), 429);
    assert_eq!(gate.basic("user200", WRONG, "192.0.2.10"), 401);
}

#[test]
fn a125_while_an_account_is_shut_the_right_password_gets_the_answer_of_a_wrong_one() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest]);
    assert_eq!(gate.guess(USER, HOME), 5);
    assert_eq!(gate.guess("nobody-has-this-name", ELSEWHERE), 5);
    let shown = |user: &str, password: &str| {
        let answer = gate
            .ask(get("/").basic(user, password), HOME)
            .is_throttled();
        assert_eq!(answer.verified, [""; 0], "nobody looks");
        (
            answer.status,
            answer.headers,
            answer.body,
            answer.heard[0].reason,
        )
    };
    let wrong = shown(USER, WRONG);
    assert_eq!(shown(USER, PASSWORD), wrong);
    assert_eq!(
        shown("nobody-has-this-name", WRONG),
        wrong,
        "nor does it tell who exists"
    );
}

#[test]
fn a126_a_login_of_ones_own_gives_no_more_guesses_at_others() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..1000 {
        assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
        guesses += usize::from(gate.basic(&format!("victim{number}"), WRONG, ELSEWHERE) == 401);
    }
    assert_eq!(guesses, 50, "as many as the source has");
}

#[test]
fn a126_an_owner_who_comes_and_goes_gives_strangers_no_new_guesses() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let mut guesses = 0;
    for number in 0..100 {
        assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
        guesses += usize::from(gate.basic(USER, WRONG, &stranger(number)) == 401);
    }
    assert_eq!(guesses, 5);
}

#[test]
fn a_success_clears_the_account_for_whoever_was_a_stranger() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    for _ in 0..20 {
        for _ in 0..4 {
            assert_eq!(gate.basic(USER, WRONG, HOME), 401);
        }
        assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
        gate.pass(SECOND * 120);
    }
}

#[test]
fn a127_every_scheme_and_every_layer_draws_on_one_budget() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest, Kind::Bearer]);
    let proxy = Stand::proxy(&[Kind::Digest, Kind::Basic], |layer| {
        layer.throttle(gate.throttle.clone())
    });
    for number in 0..5 {
        let wrong = if number % 2 == 0 {
            Kind::Basic
        } else {
            Kind::Digest
        };
        let ask = from(get("/"), HOME);
        if number == 4 {
            let credentials = wrong.wrong(&proxy, &ask);
            assert_eq!(proxy.ask(ask.authorization(credentials)).status, 407);
        } else {
            let credentials = wrong.wrong(&gate.stand, &ask);
            assert_eq!(gate.stand.ask(ask.authorization(credentials)).status, 401);
        }
    }
    for kind in [Kind::Basic, Kind::Digest] {
        let ask = from(get("/"), ELSEWHERE);
        let credentials = kind.good(&gate.stand, &ask);
        gate.stand
            .ask(ask.clone().authorization(credentials))
            .is_throttled();
        let credentials = kind.good(&proxy, &ask);
        proxy.ask(ask.authorization(credentials)).is_throttled();
    }
    // A token claims no account, so it is the source that pays, for passwords too.
    for _ in 0..45 {
        assert_eq!(gate.ask(get("/").bearer(WRONG_TOKEN), HOME).status, 401);
    }
    gate.ask(get("/").bearer(TOKEN), HOME).is_throttled();
    gate.ask(get("/").basic(OTHER_USER, OTHER_PASSWORD), HOME)
        .is_throttled();
    gate.ask(get("/").bearer(TOKEN), ELSEWHERE)
        .is_admitted_as(USER);
}

#[test]
fn a128_what_is_no_failure_counts_for_nobody() {
    let gate = Gate::new(&[Kind::Digest, Kind::Basic, Kind::Bearer]);
    let ask = from(get("/"), HOME);
    let replayed = Kind::Digest.good(&gate.stand, &ask);
    gate.stand
        .ask(ask.clone().authorization(&replayed))
        .is_admitted_as(USER);
    for _ in 0..200 {
        assert_eq!(gate.ask(get("/"), HOME).status, 401);
        assert_eq!(
            gate.ask(get("/").authorization("Unheard-Of x"), HOME)
                .status,
            401
        );
        assert_eq!(gate.ask(get("/").authorization(""), HOME).status, 401);
        gate.stand.ask(ask.clone().authorization(&replayed));
    }
    gate.ask(get("/").basic(USER, PASSWORD), ELSEWHERE)
        .is_admitted_as(USER);
    assert_eq!(gate.guess(USER, "192.0.2.77"), 5, "all of them are left");
}

#[test]
fn a128_a_stale_login_can_be_tried_again_at_once_after_a_wait() {
    let gate = Gate::new(&[Kind::Digest, Kind::Basic]);
    let ask = from(get("/"), HOME);
    let stale = Kind::Digest.good(&gate.stand, &ask);
    // Used up where nobody counts: by another layer over the same nonces there would be one use more.
    assert_eq!(
        gate.stand.ask(ask.clone().authorization(&stale)).status,
        200
    );
    let gate_at_limit = |gate: &Gate| {
        for number in 0..5 {
            assert_eq!(gate.basic(USER, WRONG, &stranger(number)), 401);
        }
        gate.pass(SECOND);
    };
    gate_at_limit(&gate);
    let elsewhere = from(get("/"), ELSEWHERE);
    for _ in 0..3 {
        let answer = gate.stand.ask(elsewhere.clone().authorization(&stale));
        assert_eq!(answer.status, 401, "right, and used before");
    }
    let fresh = Kind::Digest.good(&gate.stand, &elsewhere);
    gate.stand
        .ask(elsewhere.authorization(fresh))
        .is_admitted_as(USER);
}

#[test]
fn a128_one_page_with_fifty_parts_locks_nobody() {
    let gate = Gate::new(&[Kind::Basic]);
    for _ in 0..50 {
        assert_eq!(gate.ask(get("/"), HOME).status, 401);
    }
    for part in 0..50 {
        assert_eq!(
            gate.ask(get(&format!("/{part}")).basic(USER, PASSWORD), HOME)
                .status,
            200
        );
    }
}

/// A scheme that always wants another leg.
struct Legs;

impl Scheme for Legs {
    type Identity = Principal;
    type Reads = Head;

    fn challenge(&self, _: &Attempt<'_>, challenges: &mut Vec<Challenge>) {
        let challenge = Challenge::builder(SchemeName::parse("Legs").unwrap());
        challenges.push(challenge.quoted("realm", "x").build().unwrap());
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<Account<'r>> {
        Some(Account::new(USER))
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<Principal>> {
        let mut challenges = Vec::new();
        self.challenge(attempt, &mut challenges);
        Some(NowOrLater::now(Ok(Verdict::Continue(challenges.remove(0)))))
    }
}

#[test]
fn a128_legs_of_an_exchange_and_what_nobody_could_judge_do_not_count() {
    let throttle = FailureThrottle::new().unwrap();
    let legs = Stand::build(
        |_| vec![Box::new(Legs)],
        |layer| layer.throttle(throttle.clone()),
    );
    let down = |_: &str, _: Secret<'_>| Err::<Option<Principal>, _>(Unavailable::new("down"));
    let down = |_: &World| -> Vec<Boxed> { vec![Box::new(Basic::new("files", down).unwrap())] };
    let down = Stand::build(down, |layer| layer.throttle(throttle.clone()));
    for _ in 0..100 {
        let leg = from(get("/").authorization("Legs x"), HOME);
        assert_eq!(legs.ask(leg).status, 401);
        down.ask(from(get("/").basic(USER, PASSWORD), HOME))
            .is_unavailable();
    }
}

#[test]
fn a128_preflights_do_not_count() {
    let throttle = FailureThrottle::new().unwrap();
    let tune = |layer: Layer| layer.throttle(throttle).allow_preflight();
    let stand = Stand::tuned(&[Kind::Basic], tune);
    for _ in 0..100 {
        let preflight = Ask::new("OPTIONS", "/").field("origin", "https://a.example");
        let preflight = preflight.field("access-control-request-method", "PUT");
        assert_eq!(stand.ask(from(preflight, HOME)).status, 200);
    }
    assert_eq!(
        stand.ask(from(get("/").basic(USER, PASSWORD), HOME)).status,
        200
    );
}

#[test]
fn a130_retry_after_is_whole_seconds_rounded_up_and_true() {
    let gate = Gate::new(&[Kind::Basic]);
    let told = |gate: &Gate| {
        let answer = gate.ask(get("/").basic(USER, WRONG), HOME).is_throttled();
        assert!(answer.body.is_empty(), "no reason is given");
        let value = answer.header("retry-after").unwrap().to_owned();
        assert!(value.bytes().all(|it| it.is_ascii_digit()), "{value}");
        value.parse::<u32>().unwrap()
    };
    assert_eq!(gate.guess(USER, HOME), 5);
    for seconds in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900] {
        assert_eq!(told(&gate), seconds);
        gate.pass(Duration::from_millis(1));
        assert_eq!(told(&gate), seconds, "rounded up");
        gate.pass(SECOND * seconds - Duration::from_millis(2));
        assert_eq!(told(&gate), 1, "1 at least");
        gate.clock.step_wall(SystemTime::UNIX_EPOCH);
        assert_eq!(told(&gate), 1, "whatever the wall clock shows");
        gate.pass(Duration::from_millis(1));
        assert_eq!(gate.basic(USER, WRONG, HOME), 401, "one more guess");
    }
}

#[test]
fn after_a_hundred_failures_an_account_is_shut_to_strangers_for_good() {
    let stopped = Arc::new(Mutex::new(Vec::new()));
    let heard = Arc::clone(&stopped);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        it.on_hard_stop(move |account| heard.lock().unwrap().push(account.name().to_owned()))
    });
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let mut failures = 0;
    for number in 0..1000 {
        failures += u32::from(gate.basic("MUFASA", WRONG, &stranger(number)) == 401);
        assert_eq!(stopped.lock().unwrap().len(), usize::from(failures == 100));
        gate.pass(SECOND * 900);
    }
    assert_eq!(failures, 100, "and no more, however long they wait");
    assert_eq!(*stopped.lock().unwrap(), ["MUFASA"]);
    gate.pass(SECOND * 60 * 60 * 24 * 3);
    let answer = gate
        .ask(get("/").basic(USER, PASSWORD), ELSEWHERE)
        .is_throttled();
    assert_eq!(
        answer.header("retry-after"),
        Some("900"),
        "it does not say that it is for good"
    );
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        200,
        "the owner where they are known"
    );

    let released = gate.throttle.release(&Account::new("Mufasa")).try_now();
    released.unwrap().unwrap();
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, &stranger(9999)), 5, "from the start");
}

#[test]
fn the_hundredth_attempt_may_be_the_right_one() {
    let told = Arc::new(AtomicUsize::new(0));
    let heard = Arc::clone(&told);
    let gate = Gate::tuned(&[Kind::Basic], move |it| {
        let it = it.on_hard_stop(move |_| {
            heard.fetch_add(1, Ordering::SeqCst);
        });
        it.account(Budget::failures(2).hard_stop(3))
    });
    assert_eq!(gate.guess(USER, HOME), 2);
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(told.load(Ordering::SeqCst), 0, "nobody was locked out");
    assert_eq!(gate.guess(USER, ELSEWHERE), 2);
}

#[test]
fn a_listener_of_the_hard_stop_that_panics_is_nobodys_affair() {
    let gate = Gate::tuned(&[Kind::Basic], |it| {
        let it = it.on_hard_stop(|_| panic!("of the test"));
        it.account(Budget::failures(2).hard_stop(3))
    });
    assert_eq!(gate.guess(USER, HOME), 2);
    gate.pass(SECOND);
    assert_eq!(gate.basic(USER, WRONG, HOME), 401, "as wrong as any other");
    gate.pass(SECOND * 1000);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 429, "and shut for good");
}

#[test]
fn malformed_credentials_count_for_the_source_alone() {
    let gate = Gate::new(&[Kind::Basic, Kind::Digest]);
    let too_long = "x".repeat(2000);
    for number in 0..50 {
        let answer = match number % 2 {
            0 => gate.ask(get("/").basic(USER, &too_long), HOME),
            _ => gate.ask(get("/").authorization("Basic ,,"), HOME),
        };
        assert_eq!(answer.status, 400);
    }
    assert_eq!(gate.ask(get("/").basic(USER, &too_long), HOME).status, 429);
    assert_eq!(gate.guess(USER, ELSEWHERE), 5, "no account is blamed");
}

#[test]
fn a_source_recovers_with_time_and_not_by_success() {
    let gate = Gate::new(&[Kind::Basic]);
    let guess = |number: u32| gate.basic(&format!("user{number}"), WRONG, HOME);
    assert!((0..50).all(|number| guess(number) == 401));
    assert_eq!(guess(50), 429);
    gate.pass(SECOND * 30 * 10 + SECOND);
    assert!(
        (100..110).all(|number| guess(number) == 401),
        "ten are forgiven"
    );
    assert_eq!(guess(110), 429);
    gate.pass(SECOND);
    assert_eq!(guess(111), 401, "one more after each wait");
    assert_eq!(guess(112), 429);
}

#[test]
fn everybody_together_has_a_budget_which_a_known_source_does_not_need() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.everybody(Budget::failures(30)));
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    let guess = |number: u32| gate.basic(&format!("user{number}"), WRONG, &stranger(number));
    assert!((0..30).all(|number| guess(number) == 401));
    assert_eq!(guess(31), 429);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
}

/// A budget that all of them share would let anyone shut everyone out, with two guesses a minute.
#[test]
fn what_comes_from_nobody_knows_where_has_no_source_and_is_never_known() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.everybody(Budget::failures(1000)));
    let ask = |user: &str, password: &str| gate.stand.ask(get("/").basic(user, password)).status;
    assert_eq!(ask(USER, PASSWORD), 200);
    assert!((0..5).all(|_| ask(USER, WRONG) == 401));
    assert_eq!(ask(USER, PASSWORD), 429, "it would vouch for everybody");
    for number in 0..994 {
        assert_eq!(ask(&format!("user{number}"), WRONG), 401);
        assert_eq!(ask(OTHER_USER, OTHER_PASSWORD), 200, "after {number}");
    }
    assert_eq!(ask("user", WRONG), 401);
    assert_eq!(ask("user", WRONG), 429, "there is still the budget of all");
}

/// Whoever shares the address of an owner who is at work, behind one NAT.
#[test]
fn a126_an_owner_at_work_gives_whoever_shares_the_address_few_new_guesses() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for _ in 0..3600 {
        // The owner may have to wait for the account, too; the guesser waits for nobody.
        let _either = gate.basic(USER, PASSWORD, HOME);
        for _ in 0..10 {
            guesses += usize::from(gate.basic(USER, WRONG, HOME) == 401);
        }
        gate.pass(SECOND);
    }
    let (allowances, source) = (61 * 20, 50 + 3600 / 30);
    assert!(guesses <= allowances + source, "{guesses} in an hour");
}

/// Names that differ in their spelling alone are one account to the throttle, and may be two to the user table.
#[test]
fn a126_whoever_owns_another_spelling_has_no_more_guesses_for_it() {
    let tables = |_: &World| -> Vec<Boxed> {
        let accounts = Accounts::new([(USER, PASSWORD), ("MUFASA", "its own")]).unwrap();
        vec![Box::new(Basic::new("files", accounts).unwrap())]
    };
    for tune in [|it| it, |it: FailureThrottle| it.known_source(0, SECOND)] as [Tune; 2] {
        let throttle = tune(FailureThrottle::new().unwrap());
        let stand = Stand::build(tables, |layer| layer.throttle(throttle));
        let ask = |user: &str, password: &str, peer: &str| {
            stand.ask(from(get("/").basic(user, password), peer)).status
        };
        let mut guesses = 0;
        for number in 0..100 {
            let own = ask("MUFASA", "its own", &stranger(number));
            assert!([200, 429].contains(&own.as_u16()));
            guesses += usize::from(ask(USER, WRONG, &stranger(number)) == 401);
        }
        assert_eq!(guesses, 5);
    }
}

#[test]
fn a_success_clears_what_was_spelled_like_it_and_nothing_else() {
    let gate = Gate::tuned(&[Kind::Basic], |it| it.known_source(0, SECOND));
    let fail = |name: &str, times: u32| {
        (0..times).for_each(|_| assert_eq!(gate.basic(name, WRONG, HOME), 401));
    };
    fail(USER, 4);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    fail(USER, 3);
    fail("Mufasa", 1);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, HOME), 1, "of five, four were not cleared");
    let released = gate.throttle.release(&Account::new("MuFaSa")).try_now();
    released.unwrap().unwrap();
    fail(USER, 4);
    assert_eq!(gate.basic(USER, PASSWORD, ELSEWHERE), 200);
    assert_eq!(gate.guess(USER, HOME), 5, "from the start");
}

#[test]
fn an_attempt_that_nobody_settles_has_failed() {
    let throttle = FailureThrottle::new().unwrap();
    let never = |_: &str, _: Secret<'_>| {
        NowOrLater::later(std::future::pending::<Result<Option<Principal>, Unavailable>>())
    };
    let layer = RequireAuth::new(Basic::new("files", never).unwrap()).unwrap();
    let service = layer.throttle(throttle.clone()).layer(Probe::new());
    for _ in 0..5 {
        let request = from(get("/").basic(USER, PASSWORD), HOME).into_request();
        assert!(
            still_waits(service.clone().oneshot(request)),
            "and the client goes away"
        );
    }
    let request = from(get("/").basic(USER, PASSWORD), HOME).into_request();
    let Ok(response) = run(service.oneshot(request));
    assert_eq!(response.status(), 429);
}

#[test]
fn a_verifier_that_panics_has_used_the_attempt_up() {
    let panics = |_: &str, _: Secret<'_>| -> Option<Principal> { panic!("of the test") };
    let schemes =
        |_: &World| -> Vec<Boxed> { vec![Box::new(Basic::new("files", panics).unwrap())] };
    let throttle = FailureThrottle::new().unwrap();
    let stand = Stand::build(schemes, |layer| layer.throttle(throttle));
    for _ in 0..5 {
        stand
            .ask(from(get("/").basic(USER, WRONG), HOME))
            .is_unavailable();
    }
    stand
        .ask(from(get("/").basic(USER, WRONG), HOME))
        .is_throttled();
}

/// A store that lets everyone wait, until it is down.
#[derive(Clone)]
struct Far {
    store: MemoryThrottleStore,
    down: Arc<AtomicUsize>,
}

impl Far {
    fn later<T: Send + 'static>(
        &self,
        answer: NowOrLater<Result<T, Unavailable>>,
    ) -> NowOrLater<Result<T, Unavailable>> {
        let down = self.down.load(Ordering::SeqCst) > 0;
        NowOrLater::later(async move {
            later().await;
            if down {
                return Err(Unavailable::new("down"));
            }
            answer.await
        })
    }
}

impl ThrottleStore for Far {
    fn reserve(&self, key: Key, budget: &Budget) -> NowOrLater<Result<Reserved, Unavailable>> {
        self.later(self.store.reserve(key, budget))
    }

    fn settle(
        &self,
        key: Key,
        generation: u64,
        settlement: Settlement,
    ) -> NowOrLater<Result<(), Unavailable>> {
        self.later(self.store.settle(key, generation, settlement))
    }
}

#[test]
fn a_store_far_away_counts_as_one_nearby_and_fails_closed() {
    let far = Far {
        store: MemoryThrottleStore::new(),
        down: Arc::default(),
    };
    let throttle = FailureThrottle::new().unwrap().store(far.clone());
    let stand = Stand::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    let ask = |password: &str, peer: &str| stand.ask(from(get("/").basic(USER, password), peer));
    ask(PASSWORD, HOME).is_admitted_as(USER);
    for _ in 0..4 {
        assert_eq!(ask(WRONG, ELSEWHERE).status, 401);
    }
    ask(PASSWORD, ELSEWHERE).is_admitted_as(USER);
    assert!(
        (0..25).all(|_| ask(WRONG, ELSEWHERE).status == 401),
        "an allowance, and 5"
    );
    ask(PASSWORD, ELSEWHERE).is_throttled();
    ask(PASSWORD, HOME).is_admitted_as(USER);
    far.down.store(1, Ordering::SeqCst);
    let answer = ask(PASSWORD, HOME).is_unavailable();
    assert_eq!(answer.verified, [""; 0]);
}

/// Each operation of a store far away is a place at which a client can go away, with what was taken before.
#[test]
fn who_comes_and_goes_at_once_takes_from_nobody_but_their_source() {
    let far = Far {
        store: MemoryThrottleStore::new(),
        down: Arc::default(),
    };
    let throttle = FailureThrottle::new().unwrap().store(far);
    let throttle = throttle.everybody(Budget::failures(150));
    let layer = throttled_by(&throttle);
    let layer = layer.layer(Probe::new());
    for number in 0..1000 {
        let request = from(get("/").basic(&format!("user{number}"), WRONG), HOME).into_request();
        let mut leaves = Box::pin(layer.clone().oneshot(request));
        let mut cx = std::task::Context::from_waker(std::task::Waker::noop());
        for _ in 0..number % 7 {
            if leaves.as_mut().poll(&mut cx).is_ready() {
                break;
            }
        }
    }
    let request = from(get("/").basic(USER, WRONG), ELSEWHERE).into_request();
    let Ok(response) = run(layer.oneshot(request));
    assert_eq!(response.status(), 401, "there is something left for others");
}

/// A layer whose verifier admits nobody, at once.
fn throttled_by(throttle: &FailureThrottle<Far>) -> RequireAuth<Boxed> {
    let layer = RequireAuth::new(counting(&Arc::default(), false)).unwrap();
    layer.throttle(throttle.clone())
}

#[test]
fn two_processes_with_a_key_and_a_store_in_common_count_together() {
    let store: Arc<dyn ThrottleStore> = Arc::new(MemoryThrottleStore::new());
    let tune = |key: [u8; 32]| {
        let throttle = FailureThrottle::new().unwrap().store(Arc::clone(&store));
        let throttle = throttle.key(key);
        Stand::tuned(&[Kind::Basic], |layer| layer.throttle(throttle))
    };
    let (one, two, stranger) = (tune([7; 32]), tune([7; 32]), tune([8; 32]));
    let wrong = || from(get("/").basic(USER, WRONG), HOME);
    for stand in [&one, &two, &one, &two, &one] {
        assert_eq!(stand.ask(wrong()).status, 401);
    }
    assert_eq!(two.ask(wrong()).status, 429);
    assert_eq!(stranger.ask(wrong()).status, 401);
}

#[test]
fn it_shows_its_budgets_and_no_key() {
    let throttle = FailureThrottle::new().unwrap().key([0x5a; 32]);
    let shown = format!("{throttle:?}");
    assert!(
        shown.starts_with("FailureThrottle { account: Budget { limit: 5,"),
        "{shown}"
    );
    assert!(!shown.contains("90, 90"), "{shown}");
}

/// Names of functions say what they are for; this one says that the types fit where applications put them.
#[test]
fn it_can_be_named_and_kept() {
    struct App {
        tune: Tune,
        answer: Response<()>,
    }
    let app = App {
        tune: |it| it.source(Budget::failures(1)),
        answer: Response::new(()),
    };
    let throttle: FailureThrottle = (app.tune)(FailureThrottle::new().unwrap());
    assert!(format!("{throttle:?}").contains("source: Budget { limit: 1,"));
    assert_eq!(app.answer.status(), 200);
}
