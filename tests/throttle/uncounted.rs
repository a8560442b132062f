//! What is no failure, and counts for nobody.

use tower_challenge::ErrorParams;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::scheme::{Attempt, Basic, BodyUnread, Scheme, Verdict, VerdictNowOrLater};
use tower_challenge::throttle::FailureThrottle;
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, Secret, Unavailable};

use crate::support::{Ask, Boxed, Kind, PASSWORD, Stand, USER, World, get};
use crate::{ELSEWHERE, Gate, HOME, from, unfamiliar};

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
    assert_eq!(
        gate.guess_from(USER, unfamiliar),
        20,
        "all of them are left"
    );
}

#[test]
fn a128_a_stale_login_takes_no_attempt_away() {
    let gate = Gate::new(&[Kind::Digest, Kind::Basic]);
    let ask = from(get("/"), HOME);
    let stale = Kind::Digest.good(&gate.stand, &ask);
    // Used up where nobody counts: by another layer over the same nonces there would be one use more.
    assert_eq!(
        gate.stand.ask(ask.clone().authorization(&stale)).status,
        200
    );
    for number in 0..19 {
        assert_eq!(gate.wrong(USER, &unfamiliar(number)), 401, "one is left");
    }
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
}

#[test]
fn a128_legs_of_an_exchange_and_what_nobody_could_judge_do_not_count() {
    let throttle = FailureThrottle::new().unwrap();
    let legs = Stand::build(
        |_| vec![Box::new(Legs)],
        |layer| layer.throttle(throttle.clone()),
    );
    let down = |_: &str, _: Secret<'_>| {
        Err::<Option<Principal>, _>(Unavailable::new("down").not_compared())
    };
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
    let stand = Stand::tuned(&[Kind::Basic], |layer| layer.throttle(throttle));
    for _ in 0..100 {
        let preflight = Ask::new("OPTIONS", "/").field("origin", "https://a.example");
        let preflight = preflight.field("access-control-request-method", "PUT");
        assert_eq!(stand.ask(from(preflight, HOME)).status, 401);
    }
    assert_eq!(
        stand.ask(from(get("/").basic(USER, PASSWORD), HOME)).status,
        200
    );
}
