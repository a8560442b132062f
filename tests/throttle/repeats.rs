//! Tests repeats of one password, from one device or many, and many requests at once.

use std::task::{Context, Poll, Waker};

use http::Request;
use http::header::WWW_AUTHENTICATE;
use tower::{Layer as _, Service, ServiceExt};
use tower_challenge::header::Challenge;
use tower_challenge::scheme::digest::{DigestAccount, DigestAccounts};
use tower_challenge::scheme::{Basic, Digest};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, Unavailable};

use crate::support::digest_client::Login;
use crate::support::run::later;
use crate::support::{
    Body, Kind, PASSWORD, Probe, REALM, TestRequest, TestServer, USER, WRONG, get, run,
};
use crate::{ELSEWHERE, HOME, HOUR, ThrottledServer, from, unfamiliar_address};

/// A device of the owner repeats an old password, from changing addresses or from home. All repeats are one guess.
#[test]
fn a165_a_device_that_repeats_an_old_password_locks_no_owner_out() {
    for at_home in [false, true] {
        let server = ThrottledServer::new(&[Kind::Basic]);
        assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
        for number in 0..400 {
            let peer = if at_home {
                HOME.to_owned()
            } else {
                unfamiliar_address(number)
            };
            assert_eq!(server.basic(USER, WRONG, &peer), 401, "repeat {number}");
            assert_eq!(
                server.basic(USER, PASSWORD, HOME),
                200,
                "at home, after {number}"
            );
            server.pass(HOUR / 4);
        }
        assert_eq!(
            server.basic(USER, PASSWORD, ELSEWHERE),
            200,
            "at a new network"
        );
    }
}

/// An exhausted account answers repeats with `429`, as all other guesses. Otherwise it would tell which passwords the
/// owner has mistyped.
#[test]
fn a165_an_exhausted_account_answers_repeats_as_new_guesses() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let guess = |number: u32| {
        server.basic(
            USER,
            &format!("{WRONG}{number}"),
            &unfamiliar_address(number),
        )
    };
    assert!((0..20).all(|number| guess(number) == 401));
    assert!((0..40).all(|number| guess(number) == 429));
}

/// A repeat counts for the subscriber, because comparing it is work for the server.
#[test]
fn a165_a_repeat_counts_for_its_subscriber() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let judged = (0..60).take_while(|_| server.basic(USER, WRONG, HOME) == 401);
    assert_eq!(judged.count(), 50);
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        19,
        "one guess at the account"
    );
}

/// Digest sends no password, so each attempt counts as a new guess.
#[test]
fn a165_each_attempt_counts_if_the_scheme_sends_no_password() {
    let server = ThrottledServer::new(&[Kind::Digest]);
    for number in 0..20 {
        let ask = from(get("/"), &unfamiliar_address(number));
        let credentials = Kind::Digest.wrong(&server.stand, &ask);
        assert_eq!(server.stand.ask(ask.authorization(credentials)).status, 401);
    }
    let ask = from(get("/"), ELSEWHERE);
    let credentials = Kind::Digest.good(&server.stand, &ask);
    server
        .stand
        .ask(ask.authorization(credentials))
        .is_throttled();
}

/// A page has many parts. The client sends all of their requests before the server has judged the first of them.
#[test]
fn a165_many_requests_at_once_with_the_right_password_pass_from_a_new_location() {
    let throttle = FailureThrottle::new().unwrap();
    for (peer, count, admitted) in [(HOME, 50, 50), (ELSEWHERE, 60, 50)] {
        let verifier = |_: &str, password: Secret<'_>| {
            let known = password.matches(PASSWORD).then(|| Principal::new(USER));
            NowOrLater::later(async move {
                later().await;
                Ok::<_, Unavailable>(known)
            })
        };
        let layer = RequireAuth::new(Basic::new("files", verifier).unwrap()).unwrap();
        let layer = layer.throttle(throttle.clone()).layer(Probe::new());
        let ask = |_| {
            let request = from(get("/").basic(USER, PASSWORD), peer).into_request();
            let mut service = layer.clone();
            let Ok(ready) = run(ServiceExt::<Request<Body>>::ready(&mut service));
            Box::pin(ready.call(request))
        };
        let mut asked: Vec<_> = (0..count).map(ask).collect();
        let mut cx = Context::from_waker(Waker::noop());
        let mut statuses = Vec::new();
        while !asked.is_empty() {
            asked.retain_mut(|request| match request.as_mut().poll(&mut cx) {
                Poll::Ready(Ok(response)) => {
                    statuses.push(response.status().as_u16());
                    false
                }
                _ => true,
            });
        }
        let passed = statuses.iter().filter(|status| **status == 200).count();
        assert_eq!(
            passed, admitted,
            "of {count} before the first is judged; a subscriber has 50"
        );
    }
    // These attempts do not stay counted: a hundred more pass, and unfamiliar locations have all of their 20.
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    for _ in 0..100 {
        let ask = from(get("/").basic(USER, PASSWORD), HOME);
        stand.ask(ask).is_admitted_as(USER);
    }
    let guess = |number: u32| {
        let ask = get("/").basic(USER, &format!("{WRONG}{number}"));
        stand.ask(from(ask, &unfamiliar_address(number))).status == 401
    };
    assert_eq!((0..30).filter(|number| guess(*number)).count(), 20);
}

/// A table may hold passwords that the account had before. A device of the owner that sends such a password is refused,
/// and the attempt does not count.
#[test]
fn a165_attempts_with_a_former_password_do_not_count() {
    let account =
        DigestAccount::from_password("files", USER, Secret::new(PASSWORD), Principal::new(USER));
    let account = account.with_former_password(USER, Secret::new("oldest"));
    let account = account.with_former_password(USER, Secret::new("older"));
    let account = account.with_former_password(USER, Secret::new("old"));
    let accounts = DigestAccounts::from_accounts([(USER.to_owned(), account)]).unwrap();
    let layer = RequireAuth::new(Digest::new("files", accounts).unwrap()).unwrap();
    let layer = layer.throttle(FailureThrottle::new().unwrap());
    let service = layer.layer(Probe::new());
    let send = |ask: TestRequest| run(service.clone().oneshot(ask.into_request())).unwrap();
    let log_in = |password: &str, peer: &str| {
        let refusal = send(from(get("/"), peer));
        let challenge = refusal.headers()[WWW_AUTHENTICATE].as_bytes();
        let challenge = Challenge::parse(challenge).unwrap();
        let login = Login::to(&challenge, USER, password).request("GET", "/");
        let answer = send(from(get("/"), peer).authorization(login.header()));
        answer.status().as_u16()
    };
    for number in 0..100 {
        assert_eq!(log_in("old", HOME), 401, "{number}");
        assert_eq!(
            log_in("older", &unfamiliar_address(number)),
            401,
            "{number}"
        );
    }
    assert_eq!(log_in(PASSWORD, ELSEWHERE), 200);
    assert!((200..220).all(|number| log_in("oldest", &unfamiliar_address(number)) == 401));
    assert_eq!(
        log_in("oldest", &unfamiliar_address(220)),
        429,
        "the table compares two former passwords"
    );
}

/// A user may change a password back and forth, so the two latest former passwords may be the same.
#[test]
fn a165_a_former_password_that_the_account_had_twice_does_not_count() {
    let account =
        DigestAccount::from_password(REALM, USER, Secret::new(PASSWORD), Principal::new(USER))
            .with_former_password(USER, Secret::new("old"))
            .with_former_password(USER, Secret::new("old"));
    let accounts = DigestAccounts::from_accounts([(USER.to_owned(), account)]).unwrap();
    let digest = Digest::new(REALM, accounts).unwrap();
    let stand = TestServer::build(|_| vec![Box::new(digest)], |layer| layer);
    let send = |password: &str| {
        let login = stand.login().password(password).request("GET", "/");
        stand.ask(get("/").authorization(login.header()))
    };
    send("old").is_refused_uncounted();
    send("older").is_refused();
}
