//! Tests familiar locations: the owner gets in there, and an attacker gets no more guesses because of them.

use tower_challenge::client::{ClientResolver, ForwardedHeader};
use tower_challenge::throttle::FailureThrottle;

use crate::support::{Kind, OTHER_PASSWORD, OTHER_USER, PASSWORD, TestServer, USER, WRONG, get};
use crate::{DAY, ELSEWHERE, HOME, HOUR, ThrottledServer, from, unfamiliar_address};

#[test]
fn a123_attackers_elsewhere_lock_no_owner_out_of_a_familiar_location() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
    for number in 0..500 {
        let guessed = server.guess_once(USER, &unfamiliar_address(number));
        assert!([401, 429].contains(&guessed));
        assert_eq!(
            server.basic(USER, PASSWORD, HOME),
            200,
            "the owner, after {number}"
        );
        server.pass(HOUR / 60);
    }
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        429,
        "the owner, from an unfamiliar location"
    );
    let other = server.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE);
    assert_eq!(other, 200, "other accounts are not affected");
}

#[test]
fn a123_a_familiar_location_has_20_failures_which_time_and_a_success_return() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
    assert_eq!(
        server.guess_from_one(USER, HOME),
        25,
        "20 at the familiar location, and 5 as an unfamiliar one"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        429,
        "an attacker at the same address can exhaust it"
    );
    assert_eq!(
        server.basic(USER, PASSWORD, ELSEWHERE),
        200,
        "another location is not affected"
    );
    server.pass(HOUR * 23);
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        429,
        "time alone returns nothing"
    );
    server.pass(HOUR);
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        200,
        "an attempt that counts as unfamiliar"
    );
    assert!(
        server.guess_from_one(USER, HOME) >= 20,
        "after a day and a success"
    );
    for failures in [0, 1] {
        let server = ThrottledServer::tuned(&[Kind::Basic], |throttle| {
            throttle.familiar(failures, HOUR, DAY * 90)
        });
        assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
        assert_eq!(server.guess_from_one(USER, HOME), 5 + usize::from(failures));
    }
}

#[test]
fn a_location_stays_familiar_for_90_days_after_its_latest_login() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    for _ in 0..3 {
        assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
        server.pass(DAY * 89);
    }
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    assert_eq!(server.basic(USER, PASSWORD, HOME), 200);
    server.pass(DAY * 91);
    assert_eq!(
        server.guess_from_one(USER, HOME),
        5,
        "an unfamiliar location"
    );
}

#[test]
fn a126_logins_to_an_attackers_own_account_give_no_more_guesses_at_others() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..1000 {
        assert_eq!(server.basic(OTHER_USER, OTHER_PASSWORD, ELSEWHERE), 200);
        guesses += usize::from(server.guess_once(&format!("victim{number}"), ELSEWHERE) == 401);
    }
    assert_eq!(guesses, 50, "as many as the subscriber has");
}

#[test]
fn a126_repeated_logins_of_the_owner_give_an_attacker_no_new_guesses() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let mut guesses = 0;
    for number in 0..500 {
        let home =
            [HOME.to_owned(), unfamiliar_address(number + 1000)][usize::from(number < 10)].clone();
        assert_eq!(server.basic(USER, PASSWORD, &home), 200);
        guesses += usize::from(server.guess_once(USER, &unfamiliar_address(number)) == 401);
    }
    assert_eq!(guesses, 20);
}

/// The application names devices, so that one device at two addresses is one location, and two devices at one address
/// are two.
#[test]
fn an_application_may_name_locations() {
    let server = ThrottledServer::tuned(&[Kind::Basic], |throttle| {
        throttle.location(|request| Some(request.headers().get("x-device")?.as_bytes().to_vec()))
    });
    let ask = |password: &str, device: &str, peer: &str| {
        let ask = get("/").basic(USER, password).field("x-device", device);
        server.stand.ask(from(ask, peer)).status.as_u16()
    };
    assert_eq!(ask(PASSWORD, "telephone", HOME), 200);
    assert_eq!(server.guess_from_many(USER, unfamiliar_address), 20);
    assert_eq!(
        ask(PASSWORD, "telephone", ELSEWHERE),
        200,
        "the device moves with its owner"
    );
    assert_eq!(ask(PASSWORD, "made up", HOME), 429);
    assert_eq!(
        server.basic(USER, PASSWORD, HOME),
        429,
        "the address is not a familiar location then"
    );
    let account = tower_challenge::ClaimedAccount::new(USER);
    let marked = server
        .throttle
        .mark_location_familiar(&account, b"tablet")
        .try_now();
    marked.unwrap().unwrap();
    assert_eq!(ask(PASSWORD, "tablet", ELSEWHERE), 200);
}

/// If all requests without an address shared one location, any attacker could lock all of their owners out.
#[test]
fn a_request_without_an_address_has_no_location_and_no_network() {
    let server = ThrottledServer::new(&[Kind::Basic]);
    let ask = |user: &str, password: &str| server.stand.ask(get("/").basic(user, password)).status;
    assert_eq!(ask(USER, PASSWORD), 200);
    assert!((0..20).all(|number| ask(USER, &format!("{WRONG}{number}")) == 401));
    assert_eq!(
        ask(USER, PASSWORD),
        429,
        "the request has no familiar location"
    );
    for number in 0..1000 {
        assert_eq!(ask(&format!("user{number}"), WRONG), 401);
    }
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD), 200);
}

/// A trusted proxy that does not name its client has an address, but that is not the address of a client.
#[test]
fn a_request_from_a_proxy_that_names_no_client_has_no_location_and_no_network() {
    let find =
        ClientResolver::behind_networks(ForwardedHeader::XForwardedFor, ["10.0.0.0/8"]).unwrap();
    let throttle = FailureThrottle::new().unwrap();
    let stand = TestServer::tuned(&[Kind::Basic], |layer| {
        layer.client(find).throttle(throttle)
    });
    let ask = |user: &str, password: &str, forwarded_for: Option<&str>| {
        let ask = from(get("/").basic(user, password), "10.1.2.3");
        let ask = forwarded_for.map_or(ask.clone(), |forwarded_for| {
            ask.field("x-forwarded-for", forwarded_for)
        });
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
        "the proxy is no familiar location"
    );

    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(HOME)), 200);
    assert!((0..25).all(|number| ask(OTHER_USER, &format!("{WRONG}{number}"), Some(HOME)) == 401));
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(HOME)), 429);
    assert_eq!(ask(OTHER_USER, OTHER_PASSWORD, Some(ELSEWHERE)), 200);
}
