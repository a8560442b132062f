//! Tests the budgets of accounts, subscribers and subnets.

use tower::{Layer as _, ServiceExt};
use tower_challenge::scheme::Basic;
use tower_challenge::throttle::{FailureThrottle, UnfamiliarLimit};
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, Unavailable};

use crate::support::run::still_waits;
use crate::support::world::WatchedScram;
use crate::support::{
    Boxed, Kind, MutualLogin, OTHER_PASSWORD, OTHER_USER, PASSWORD, Probe, REALM, ScramLogin,
    TOKEN, TestServer, TestWorld, USER, WRONG, WRONG_TOKEN, get, run,
};
use crate::{DAY, ELSEWHERE, HOME, HOUR, ThrottledServer, from, unfamiliar_address};

#[test]
fn a122_unfamiliar_locations_have_20_failures_at_an_account_and_one_more_each_day() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    for _ in 0..3 {
        server.pass(DAY - HOUR);
        assert_eq!(server.guess_from_many(USER, unfamiliar_address), 0);
        server.pass(HOUR);
        assert_eq!(server.guess_from_many(USER, unfamiliar_address), 1);
    }
    server.pass(DAY * 5);
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 5);
    assert_eq!(server.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
}

/// A subnet is the first 24 bits of an IPv4 address, and the first 48 of an IPv6 address.
#[test]
fn all_addresses_of_a_subnet_have_one_share_of_an_account() {
    let subnets: [fn(u32) -> String; 2] = [
        |number| format!("203.0.113.{}", 7 * number + 1),
        |number| format!("2001:db8:7:{number}00::1"),
    ];
    for subnet in subnets {
        let server = ThrottledServer::new(&[Kind::Basic]);
        assert_eq!(server.guess_from_many(USER, subnet), 5, "{}", subnet(0));
        for next in [
            "203.0.112.1",
            "203.0.114.1",
            "2001:db8:6::1",
            "2001:db8:8::1",
        ] {
            assert_eq!(server.guess_once(USER, next), 401, "{next}");
        }
    }
}

#[test]
fn an_application_may_choose_the_numbers() {
    let open = ThrottledServer::tuned(&[Kind::Basic], |throttle| {
        throttle.unfamiliar(UnfamiliarLimit::open())
    });
    assert_eq!(open.guess_from_many(USER, unfamiliar_address), 60);
    open.pass(HOUR);
    assert_eq!(open.guess_from_many(USER, unfamiliar_address), 1);
    let own = UnfamiliarLimit::new(7, HOUR, 2);
    let own = ThrottledServer::tuned(&[Kind::Basic], |throttle| throttle.unfamiliar(own));
    assert_eq!(own.guess_from_one(USER, HOME), 2, "the share of a subnet");
    assert_eq!(own.guess_from_many(USER, unfamiliar_address), 5);
}

/// An attacker at one address has 5 guesses at an account, and one more each day. So the owner still gets in from a new
/// network.
#[test]
fn a164_an_attacker_at_one_address_keeps_no_owner_out_at_new_networks() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mut judged = 0;
    for hour in 0..24 * 90 {
        judged += usize::from(server.guess_once(USER, HOME) == 401);
        if hour % 24 == 0 {
            let owner = server.basic(USER, PASSWORD, &unfamiliar_address(hour));
            assert_eq!(owner, 200, "hour {hour}, from a new network");
        }
        server.pass(HOUR);
    }
    assert!((90..=95).contains(&judged), "{judged} in 90 days");
}

/// The attacker makes 99 guesses, rests for a day, and begins again. If a day of rest forgot all failures, that would
/// give 1,584 guesses in 30 days.
#[test]
fn a164_an_attacker_who_rests_for_a_day_gets_one_guess_for_it() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mut judged = 0;
    for day in 0..30 {
        judged += (0..99)
            .filter(|number| server.guess_once(USER, &unfamiliar_address(day * 99 + number)) == 401)
            .count();
        server.pass(DAY);
    }
    assert_eq!(judged, 20 + 29);
}

/// 127 networks of 64 bits in one /56 have 50 guesses at all accounts together, since they are one subscriber. First
/// logins from other networks still succeed.
#[test]
fn a162_an_attacker_with_a_large_network_prevents_no_first_login_elsewhere() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mut judged = 0;
    for number in 0..1000 {
        let peer = format!("2001:db8:1:{:x}::1", number % 127);
        judged += usize::from(server.guess_once(&format!("user{number}"), &peer) == 401);
        if number % 20 == 0 {
            let first = server.basic(USER, PASSWORD, &unfamiliar_address(number));
            assert_eq!(first, 200, "a first login after {number} guesses");
        }
    }
    assert_eq!(judged, 50);
    let granted = (0..1000).filter(|number| {
        let peer = format!("2001:db8:2:{:x}::1", (number % 256) << 8);
        server.guess_once(&format!("other{number}"), &peer) == 401
    });
    assert_eq!(granted.count(), 500, "256 subscribers of another /48");
    assert_eq!(server.basic(USER, PASSWORD, ELSEWHERE), 200);
}

#[test]
fn a124_every_form_of_an_address_is_the_same_subscriber() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let rotating = |number: u32| format!("2001:db8:1:2{:02x}:{number:x}:{number:x}:5:6", number);
    for number in 0..50 {
        assert_eq!(
            server.guess_once(&format!("user{number}"), &rotating(number)),
            401
        );
    }
    assert_eq!(
        server.guess_once("user50", "2001:db8:1:2ff::1"),
        429,
        "one /56"
    );
    assert_eq!(
        server.guess_once("user50", "2001:db8:1:300::1"),
        401,
        "another"
    );
    for number in 0..50 {
        let address = ["192.0.2.9", "::ffff:192.0.2.9", "64:ff9b::192.0.2.9"][number % 3];
        assert_eq!(
            server.guess_once(&format!("user{}", number + 60), address),
            401
        );
    }
    assert_eq!(server.guess_once("user200", "192.0.2.9"), 429);
    assert_eq!(server.guess_once("user200", "::ffff:192.0.2.9"), 429);
    assert_eq!(server.guess_once("user200", "64:ff9b::192.0.2.9"), 429);
    assert_eq!(server.guess_once("user200", "64:ff9b::192.0.2.11"), 401);
    assert_eq!(server.guess_once("user200", "192.0.2.10"), 401);
}

#[test]
fn a127_all_schemes_and_layers_with_one_throttle_share_its_budgets() {
    let tune = |throttle: FailureThrottle| throttle.unfamiliar(UnfamiliarLimit::new(6, DAY, 6));
    let server = ThrottledServer::tuned(&[Kind::Basic, Kind::Digest, Kind::Bearer], tune);
    let proxy = TestServer::proxy(&[Kind::Digest, Kind::Basic], |layer| {
        layer.throttle(server.throttle.clone())
    });
    for number in 0..6 {
        let ask = from(get("/"), HOME);
        if number % 2 == 0 {
            let credentials = Kind::Digest.wrong(&proxy, &ask);
            assert_eq!(proxy.ask(ask.authorization(credentials)).status, 407);
        } else {
            assert_eq!(server.guess_once(USER, HOME), 401);
        }
    }
    for kind in [Kind::Basic, Kind::Digest] {
        let ask = from(get("/"), ELSEWHERE);
        let credentials = kind.good(&server.stand, &ask);
        let asked = ask.clone().authorization(credentials);
        server.stand.ask(asked).is_throttled();
        let credentials = kind.good(&proxy, &ask);
        proxy.ask(ask.authorization(credentials)).is_throttled();
    }
    // A token claims no account, so only the subscriber counts its attempts.
    for _ in 0..44 {
        assert_eq!(server.ask(get("/").bearer(WRONG_TOKEN), HOME).status, 401);
    }
    server.ask(get("/").bearer(TOKEN), HOME).is_throttled();
    let other = get("/").basic(OTHER_USER, OTHER_PASSWORD);
    server.ask(other, HOME).is_throttled();
    server
        .ask(get("/").bearer(TOKEN), ELSEWHERE)
        .is_admitted_as(USER);
}

/// The second request of SCRAM names its user by the sid alone. A wrong proof counts for that user, and a sid gives no more
/// guesses than the budget has.
#[test]
fn a127_scram_shares_the_budget_of_an_account_with_basic() {
    let throttle = FailureThrottle::new().unwrap();
    let throttle = throttle.unfamiliar(UnfamiliarLimit::new(6, DAY, 6));
    let server = TestServer::build(
        |world| vec![world.scram(), world.basic()],
        |layer| layer.throttle(throttle),
    );
    let ask = |credentials: String| server.ask(from(get("/"), HOME).authorization(credentials));
    let begin =
        |login: &ScramLogin| login.answer(&ask(login.header()).is_continued().challenges()[0]);
    let (right, wrong) = (ScramLogin::of(USER, PASSWORD), ScramLogin::of(USER, WRONG));
    let last = begin(&right);
    let guess = begin(&wrong);
    for number in 0..3 {
        ask(guess.clone().with(|last| last.proof[0] = number).header());
        let basic = from(get("/").basic(USER, &format!("{WRONG}-{number}")), HOME);
        assert_eq!(server.ask(basic).status, 401);
    }
    // Six guesses were made, three of them with one sid.
    ask(guess.header()).is_throttled();
    ask(last.header()).is_throttled();
    ask(right.header()).is_throttled();
    let basic = from(get("/").basic(USER, PASSWORD), HOME);
    server.ask(basic).is_throttled();
    let other = ScramLogin::of(OTHER_USER, OTHER_PASSWORD);
    ask(begin(&other).header()).is_admitted_as(OTHER_USER);
}

/// The look-up gets a prepared name, so all names that the preparation makes one share the budget of one account. SASLprep
/// maps U+200B to a space, which the throttle alone would drop.
#[test]
fn a127_spellings_that_scram_prepares_alike_share_one_budget() {
    let throttle = FailureThrottle::new().unwrap();
    let throttle = throttle.unfamiliar(UnfamiliarLimit::new(6, DAY, 6));
    let server = TestServer::build(
        |world| vec![world.scram_in(REALM, WatchedScram::saslprep)],
        |layer| layer.throttle(throttle),
    );
    let ask = |credentials: String| server.ask(from(get("/"), HOME).authorization(credentials));
    let spellings = ["ada l", "ada\u{200b}l", "ada\u{a0}l", "ad\u{1806}a l"];
    let logins = spellings.map(|name| ScramLogin::of(name, WRONG));
    let begun = logins.each_ref().map(|login| {
        let challenge = ask(login.header()).is_continued();
        login.answer(&challenge.challenges()[0])
    });
    for (number, guess) in (0..6).zip(begun.iter().cycle()) {
        let guess = guess.clone().with(|last| last.proof[0] = number);
        assert_eq!(ask(guess.header()).status, 401, "{number}");
    }
    for (login, guess) in logins.iter().zip(begun) {
        ask(guess.header()).is_throttled();
        ask(login.header()).is_throttled();
    }
}

/// A client that only begins exchanges, and waits for the answers, has guessed nothing.
#[test]
fn a127_an_exchange_of_scram_that_is_abandoned_costs_no_attempt() {
    let throttle = FailureThrottle::new().unwrap();
    let server = TestServer::build(
        |world| vec![world.scram()],
        |layer| layer.throttle(throttle),
    );
    let login = ScramLogin::of(USER, PASSWORD);
    let ask = |credentials: String| server.ask(from(get("/"), HOME).authorization(credentials));
    let mut challenge = None;
    for _ in 0..200 {
        challenge = ask(login.header()).is_continued().challenges().pop();
    }
    ask(login.answer(&challenge.unwrap()).header()).is_admitted_as(USER);
}

/// A proof of Mutual names its user by the sid alone. A wrong proof counts for that user, and each exchange is one guess.
#[test]
fn a127_mutual_shares_the_budget_of_an_account_with_basic() {
    let throttle = FailureThrottle::new().unwrap();
    let throttle = throttle.unfamiliar(UnfamiliarLimit::new(6, DAY, 6));
    let server = TestServer::build(
        |world| vec![world.mutual(), world.basic()],
        |layer| layer.throttle(throttle),
    );
    let ask = |credentials: String| server.ask(from(get("/"), HOME).authorization(credentials));
    let begin = |login: &MutualLogin| {
        let begun = login.begin();
        begun.answer(&ask(begun.header()).is_continued().challenges()[0])
    };
    let (right, wrong) = (
        MutualLogin::of(USER, PASSWORD),
        MutualLogin::of(USER, WRONG),
    );
    let pending = begin(&right);
    for number in 0..3 {
        let guess = begin(&wrong);
        // The second proof of an exchange is no guess, and does not count.
        for nc in [1, 1] {
            assert_eq!(ask(guess.header(nc)).status, 401);
        }
        let basic = from(get("/").basic(USER, &format!("{WRONG}-{number}")), HOME);
        assert_eq!(server.ask(basic).status, 401);
    }
    ask(right.begin().header()).is_throttled();
    ask(pending.header(1)).is_throttled();
    let basic = from(get("/").basic(USER, PASSWORD), HOME);
    server.ask(basic).is_throttled();
    let other = MutualLogin::of(OTHER_USER, OTHER_PASSWORD);
    ask(begin(&other).header(1)).is_admitted_as(OTHER_USER);
}

#[test]
fn malformed_credentials_count_for_the_subscriber_and_for_no_account() {
    let server = ThrottledServer::new(&[Kind::Basic, Kind::Digest]);
    let without_colon = || get("/").basic_bytes(USER);
    for number in 0..50 {
        let answer = match number % 2 {
            0 => server.ask(without_colon(), HOME),
            _ => server.ask(get("/").authorization("Basic ,,"), HOME),
        };
        assert_eq!(answer.status, 400);
    }
    assert_eq!(server.ask(without_colon(), HOME).status, 429);
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        20,
        "malformed credentials count for no account"
    );
}

#[test]
fn a_subscriber_recovers_with_time_and_by_no_login() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let guess = |number: u32| server.guess_once(&format!("user{number}"), HOME);
    assert_eq!(server.guess_once(OTHER_USER, HOME), 401);
    assert_eq!(server.guess_once(OTHER_USER, HOME), 401);
    assert_eq!(server.basic(OTHER_USER, OTHER_PASSWORD, HOME), 200);
    assert!(
        (0..50).all(|number| guess(number) == 401),
        "a first login returns the errors of its own account"
    );
    assert_eq!(guess(51), 429);
    assert_eq!(server.basic(OTHER_USER, OTHER_PASSWORD, HOME), 200);
    assert_eq!(guess(52), 429);
    server.pass(HOUR / 4 * 10);
    assert!(
        (100..110).all(|number| guess(number) == 401),
        "ten are forgiven"
    );
    assert_eq!(guess(110), 429);
}

#[test]
fn an_attempt_that_is_never_settled_counts_as_a_failure() {
    let throttle = FailureThrottle::new().unwrap();
    let never = |_: &str, _: Secret<'_>| {
        NowOrLater::later(std::future::pending::<Result<Option<Principal>, Unavailable>>())
    };
    let layer = RequireAuth::new(Basic::new("files", never).unwrap()).unwrap();
    let service = layer.throttle(throttle.clone()).layer(Probe::new());
    for number in 0..5 {
        let ask = get("/").basic(USER, &format!("{WRONG}{number}"));
        let request = from(ask, HOME).into_request();
        assert!(
            still_waits(service.clone().oneshot(request)),
            "the client disconnects"
        );
    }
    let request = from(get("/").basic(USER, PASSWORD), HOME).into_request();
    let Ok(response) = run(service.oneshot(request));
    assert_eq!(response.status(), 429);
}

#[test]
fn an_attempt_whose_verifier_panics_counts_as_a_failure() {
    let panics = |_: &str, _: Secret<'_>| -> Option<Principal> { panic!("of the test") };
    let schemes =
        |_: &TestWorld| -> Vec<Boxed> { vec![Box::new(Basic::new("files", panics).unwrap())] };
    let throttle = FailureThrottle::new().unwrap();
    let stand = TestServer::build(schemes, |layer| layer.throttle(throttle));
    for number in 0..5 {
        let ask = get("/").basic(USER, &format!("{WRONG}{number}"));
        stand.ask(from(ask, HOME)).is_unavailable();
    }
    stand
        .ask(from(get("/").basic(USER, WRONG), HOME))
        .is_throttled();
}

/// Between guesses at other accounts, an attacker logs in to an account of its own, in one spelling after the other.
/// The subscriber has 50 failures and no more, both with and without typing errors at the attacker's own account.
#[test]
fn a162_an_attackers_own_account_buys_no_guesses_at_others() {
    for with_errors in [false, true] {
        let verifier = |user: &str, password: Secret<'_>| {
            let known = user.eq_ignore_ascii_case("mallorymallory") && password.matches("mine");
            known.then(|| Principal::new("mallory"))
        };
        let layer = RequireAuth::new(Basic::new("files", verifier).unwrap()).unwrap();
        let layer = layer.throttle(FailureThrottle::new().unwrap());
        let service = layer.layer(Probe::new());
        let log_in = |user: &str, password: &str| {
            let ask = from(get("/").basic(user, password), HOME);
            let response = run(service.clone().oneshot(ask.into_request())).unwrap();
            response.status().as_u16()
        };
        let mut judged = 0;
        for number in 0..500_u32 {
            let spelled = "mallorymallory".char_indices();
            let spelled = spelled.map(|(at, char)| match number >> at & 1 {
                0 => char,
                _ => char.to_ascii_uppercase(),
            });
            let spelled: String = spelled.collect();
            if with_errors {
                judged += usize::from(log_in(&spelled, &format!("typo{number}")) == 401);
            }
            log_in(&spelled, "mine");
            judged += usize::from(log_in(&format!("victim{number}"), "123456") == 401);
        }
        // A login that is under way takes an attempt of the subscriber too. Each error at the attacker's own account is
        // returned once.
        assert!((49..=55).contains(&judged), "{judged}, {with_errors}");
    }
}
