//! Tests attempts that are no failures, and so do not count.

use std::time::SystemTime;

use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::jwt::JwtVerifier;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::{
    Attempt, Basic, Bearer, BodyUnread, Scheme, Verdict, VerdictNowOrLater,
};
use tower_challenge::testing::TestIssuer;
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, Secret, Unavailable};

use crate::support::{Boxed, Kind, PASSWORD, TestRequest, TestServer, TestWorld, USER, get};
use crate::{ELSEWHERE, HOME, ThrottledServer, from, unfamiliar_address};

#[test]
fn a128_missing_unknown_and_replayed_credentials_do_not_count() {
    let server = ThrottledServer::new(&[Kind::Digest, Kind::Basic, Kind::Bearer]);
    let ask = from(get("/"), HOME);
    let replayed = Kind::Digest.good(&server.stand, &ask);
    server
        .stand
        .ask(ask.clone().authorization(&replayed))
        .is_admitted_as(USER);
    for _ in 0..200 {
        assert_eq!(server.ask(get("/"), HOME).status, 401);
        assert_eq!(
            server
                .ask(get("/").authorization("Unheard-Of x"), HOME)
                .status,
            401
        );
        assert_eq!(server.ask(get("/").authorization(""), HOME).status, 401);
        server.stand.ask(ask.clone().authorization(&replayed));
    }
    server
        .ask(get("/").basic(USER, PASSWORD), ELSEWHERE)
        .is_admitted_as(USER);
    assert_eq!(
        server.guess_from_many(USER, unfamiliar_address),
        20,
        "all failures are left"
    );
}

#[test]
fn a128_a_request_without_credentials_reserves_no_attempt() {
    for kind in Kind::ALL {
        let stand = TestServer::of(&[kind]);
        let reserved = stand.ask(get("/")).is_challenged().reserved;
        assert_eq!(reserved, [], "{kind:?}");
        let reserved = stand.ask(get("/?a=b")).is_challenged().reserved;
        assert_eq!(reserved, [], "{kind:?}");
        let good = kind.good(&stand, &get("/"));
        let answer = stand.ask(get("/").authorization(good));
        assert_eq!(answer.is_admitted_as(USER).reserved.len(), 1, "{kind:?}");
    }
}

#[test]
fn a128_a_right_login_with_a_used_nonce_does_not_count() {
    let server = ThrottledServer::new(&[Kind::Digest, Kind::Basic]);
    let ask = from(get("/"), HOME);
    let stale = Kind::Digest.good(&server.stand, &ask);
    // The login uses the nonce up, so later logins with it are stale.
    assert_eq!(
        server.stand.ask(ask.clone().authorization(&stale)).status,
        200
    );
    for number in 0..19 {
        assert_eq!(
            server.guess_once(USER, &unfamiliar_address(number)),
            401,
            "one failure is left"
        );
    }
    let elsewhere = from(get("/"), ELSEWHERE);
    for _ in 0..3 {
        let answer = server.stand.ask(elsewhere.clone().authorization(&stale));
        assert_eq!(
            answer.status, 401,
            "the password is right, but the nonce was used before"
        );
    }
    let fresh = Kind::Digest.good(&server.stand, &elsewhere);
    server
        .stand
        .ask(elsewhere.authorization(fresh))
        .is_admitted_as(USER);
}

#[test]
fn a128_a_page_with_fifty_parts_locks_no_account() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    for _ in 0..50 {
        assert_eq!(server.ask(get("/"), HOME).status, 401);
    }
    for part in 0..50 {
        assert_eq!(
            server
                .ask(get(&format!("/{part}")).basic(USER, PASSWORD), HOME)
                .status,
            200
        );
    }
}

/// A scheme that always asks for another step of its exchange.
struct Legs;

impl Scheme for Legs {
    type Identity = Principal;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        let challenge = Challenge::builder(SchemeName::parse("Legs").unwrap());
        challenges.push(challenge.quoted("realm", "x").build().unwrap());
    }

    fn account<'r>(&self, _: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        Some(ClaimedAccount::new(USER))
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<Principal>> {
        let mut challenges = Vec::new();
        self.challenge(attempt, None, &mut challenges);
        Some(NowOrLater::now(Ok(Verdict::Continue(challenges.remove(0)))))
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::parse("Legs").unwrap())
    }
}

#[test]
fn a128_steps_of_an_exchange_and_requests_that_no_verifier_judged_do_not_count() {
    let throttle = FailureThrottle::new().unwrap();
    let exchange = TestServer::build(
        |_| vec![Box::new(Legs)],
        |layer| layer.throttle(throttle.clone()),
    );
    let down = |_: &str, _: Secret<'_>| {
        Err::<Option<Principal>, _>(Unavailable::new("down").not_compared())
    };
    let down = |_: &TestWorld| -> Vec<Boxed> { vec![Box::new(Basic::new("files", down).unwrap())] };
    let down = TestServer::build(down, |layer| layer.throttle(throttle.clone()));
    for _ in 0..100 {
        let step = from(get("/").authorization("Legs x"), HOME);
        assert_eq!(exchange.ask(step).status, 401);
        down.ask(from(get("/").basic(USER, PASSWORD), HOME))
            .is_unavailable();
    }
}

/// A client learns from the `401` that its token has expired, and gets a new one. If that counted, the clients behind one
/// address would in time be refused.
#[test]
fn a128_tokens_of_another_time_do_not_count() {
    let issuer = TestIssuer::new("https://as.example").unwrap();
    let listed = StaticTokens::new().unwrap();
    let listed = listed.token_until("opaque", Principal::new(USER), SystemTime::UNIX_EPOCH);
    let verifier = JwtVerifier::builder("https://as.example", issuer.clone());
    let verifier = verifier.audience("api");
    let schemes: [Boxed; 2] = [
        Box::new(Bearer::new("files", verifier.build().unwrap()).unwrap()),
        Box::new(Bearer::new("files", listed.unwrap()).unwrap()),
    ];
    let good = issuer.token(USER).audience("api");
    let tokens = [
        vec![
            good.clone().expired().sign(),
            good.clone().claim("nbf", 4_102_444_800_u64).sign(),
        ],
        vec!["opaque".to_owned()],
    ];
    for (scheme, tokens) in schemes.into_iter().zip(tokens) {
        let throttle = FailureThrottle::new().unwrap();
        let schemes = |_: &TestWorld| vec![scheme];
        let server = TestServer::build(schemes, |layer| layer.throttle(throttle));
        let ask = |token: &str| {
            let ask = get("/").authorization(format!("Bearer {token}"));
            server.ask(from(ask, HOME)).status.as_u16()
        };
        for token in &tokens {
            assert!((0..200).all(|_| ask(token) == 401), "{token}");
        }
        let wrong = good.sign_wrongly();
        let judged = (0..1000).take_while(|_| ask(&wrong) == 401).count();
        assert!((1..200).contains(&judged), "guesses are not counted");
    }
}

#[test]
fn a128_preflights_do_not_count() {
    let throttle = FailureThrottle::new().unwrap();
    let stand = TestServer::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    for _ in 0..100 {
        let preflight = TestRequest::new("OPTIONS", "/").field("origin", "https://a.example");
        let preflight = preflight.field("access-control-request-method", "PUT");
        assert_eq!(stand.ask(from(preflight, HOME)).status, 401);
    }
    assert_eq!(
        stand.ask(from(get("/").basic(USER, PASSWORD), HOME)).status,
        200
    );
}
