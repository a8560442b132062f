//! Where an account was used before, its owner is let in, and nobody has more guesses for it.

use tower_challenge::client::{ClientResolver, ForwardedHeader};
use tower_challenge::throttle::FailureThrottle;

use crate::support::{Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, Stand, USER, WRONG, get};
use crate::{DAY, ELSEWHERE, Gate, HOME, HOUR, from, unfamiliar};

#[test]
fn a123_no_unfamiliar_locks_an_owner_out_who_was_there_before() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    for number in 0..500 {
        let guessed = gate.wrong(USER, &unfamiliar(number));
        assert!([401, 429].contains(&guessed));
        assert_eq!(
            gate.basic(USER, PASSWORD, HOME),
            200,
            "the owner, after {number}"
        );
        gate.pass(HOUR / 60);
    }
    assert_eq!(
        gate.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "from anywhere else"
    );
    let other = gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE);
    assert_eq!(other, 200, "and no other account");
}

#[test]
fn a123_a_known_place_has_20_failures_which_time_and_a_success_give_back() {
    let gate = Gate::new(&[Kind::Basic]);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(
        gate.guess(USER, HOME),
        25,
        "20 there, and 5 as a stranger's neighbourhood"
    );
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        429,
        "people who share the address can do that"
    );
    assert_eq!(
        gate.basic(USER, PASSWORD, ELSEWHERE),
        200,
        "and not elsewhere"
    );
    gate.pass(HOUR * 23);
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        429,
        "time alone gives nothing back"
    );
    gate.pass(HOUR);
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        200,
        "a stranger's attempt"
    );
    assert!(gate.guess(USER, HOME) >= 20, "a day, and a success");
    for known in [0, 1] {
        let gate = Gate::tuned(&[Kind::Basic], |it| it.familiar(known, HOUR, DAY * 90));
        assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
        assert_eq!(gate.guess(USER, HOME), 5 + usize::from(known));
    }
}

#[test]
fn a_place_is_known_for_90_days_after_its_latest_use() {
    let gate = Gate::new(&[Kind::Basic]);
    for _ in 0..3 {
        assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
        gate.pass(DAY * 89);
    }
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    assert_eq!(gate.basic(USER, PASSWORD, HOME), 200);
    gate.pass(DAY * 91);
    assert_eq!(gate.guess(USER, HOME), 5, "a stranger");
}

#[test]
fn a126_a_login_of_ones_own_gives_no_more_guesses_at_others() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..1000 {
        assert_eq!(gate.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
        guesses += usize::from(gate.wrong(&format!("victim{number}"), ELSEWHERE) == 401);
    }
    assert_eq!(guesses, 50, "as many as the line has");
}

#[test]
fn a126_an_owner_who_comes_and_goes_gives_unfamiliar_no_new_guesses() {
    let gate = Gate::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..500 {
        let home = [HOME.to_owned(), unfamiliar(number + 1000)][usize::from(number < 10)].clone();
        assert_eq!(gate.basic(USER, PASSWORD, &home), 200);
        guesses += usize::from(gate.wrong(USER, &unfamiliar(number)) == 401);
    }
    assert_eq!(guesses, 20);
}

/// Where two addresses are one place to the application, and one address is two.
#[test]
fn an_application_may_say_what_a_place_is() {
    let gate = Gate::tuned(&[Kind::Basic], |it| {
        it.location(|request| Some(request.headers().get("x-device")?.as_bytes().to_vec()))
    });
    let ask = |password: &str, device: &str, peer: &str| {
        let ask = get("/").basic(USER, password).field("x-device", device);
        gate.stand.ask(from(ask, peer)).status.as_u16()
    };
    assert_eq!(ask(PASSWORD, "telephone", HOME), 200);
    assert_eq!(gate.guess_from(USER, unfamiliar), 20);
    assert_eq!(
        ask(PASSWORD, "telephone", ELSEWHERE),
        200,
        "it travels with its owner"
    );
    assert_eq!(ask(PASSWORD, "made up", HOME), 429);
    assert_eq!(
        gate.basic(USER, PASSWORD, HOME),
        429,
        "the address is no place then"
    );
    let account = tower_challenge::ClaimedAccount::new(USER);
    let vouched = gate
        .throttle
        .mark_location_familiar(&account, b"tablet")
        .try_now();
    vouched.unwrap().unwrap();
    assert_eq!(ask(PASSWORD, "tablet", ELSEWHERE), 200);
}

/// One place for all of them would let anyone shut everyone out.
#[test]
fn a_request_without_an_address_has_no_place_and_no_network() {
    let gate = Gate::new(&[Kind::Basic]);
    let ask = |user: &str, password: &str| gate.stand.ask(get("/").basic(user, password)).status;
    assert_eq!(ask(USER, PASSWORD), 200);
    assert!((0..20).all(|number| ask(USER, &format!("{WRONG}{number}")) == 401));
    assert_eq!(ask(USER, PASSWORD), 429, "it is at no known place");
    for number in 0..1000 {
        assert_eq!(ask(&format!("user{number}"), WRONG), 401);
    }
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD), 200);
}

/// A trusted proxy that does not say for whom it speaks has an address, which is no client's.
#[test]
fn a_proxy_that_says_nothing_has_no_place_and_no_network() {
    let find =
        ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
    let throttle = FailureThrottle::new().unwrap();
    let stand = Stand::tuned(&[Kind::Basic], |layer| {
        layer.client(find).throttle(throttle)
    });
    let ask = |user: &str, password: &str, told: Option<&str>| {
        let ask = from(get("/").basic(user, password), "10.1.2.3");
        let ask = told.map_or(ask.clone(), |told| ask.field("x-forwarded-for", told));
        stand.ask(ask).status.as_u16()
    };
    for number in 0..200 {
        assert_eq!(ask(&format!("user{number}"), WRONG, None), 401);
    }
    assert_eq!(ask(USER, PASSWORD, None), 200);
    assert!((0..20).all(|number| ask(USER, &format!("{WRONG}{number}"), None) == 401));
    assert_eq!(
        ask(USER, PASSWORD, None),
        429,
        "the proxy is no known place"
    );

    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(HOME)), 200);
    assert!((0..25).all(|number| ask(OTHER_USER, &format!("{WRONG}{number}"), Some(HOME)) == 401));
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(HOME)), 429);
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(ELSEWHERE)), 200);
}
