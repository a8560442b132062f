//! Tests Basic with a token in the place of the name or of the password.

use proptest::{prop_assert_eq, proptest};
use tower_challenge::scheme::Basic;
use tower_challenge::{Principal, Secret};

use crate::support::{Kind, REALM, Recording, Schemes, TOKEN, TestServer, USER, WRONG_TOKEN, get};

type Switch = fn(Basic<Recording<Verify>>) -> Basic<Recording<Verify>>;
type Verify = fn(&str, Secret<'_>) -> Option<Principal>;

/// Admits the token alone, as the name or as the password.
fn is_token(user: &str, password: Secret<'_>) -> Option<Principal> {
    let as_name = password.matches("") && Secret::new(user).matches(TOKEN);
    let as_password = user.is_empty() && password.matches(TOKEN);
    (as_name || as_password).then(|| Principal::new(USER))
}

/// A verifier that is careless about everything.
fn admit(user: &str, _: Secret<'_>) -> Option<Principal> {
    Some(Principal::new(user))
}

fn stand(verify: Verify, switch: Switch) -> TestServer {
    let schemes = move |world: &crate::support::TestWorld| -> Schemes {
        let verifier = Recording::new(verify, &world.asked);
        vec![Box::new(switch(Basic::new(REALM, verifier).unwrap()))]
    };
    TestServer::build(schemes, |layer| layer)
}

const NEITHER: Switch = |basic| basic;
const PASSWORD: Switch = Basic::allow_empty_password;
const NAME: Switch = Basic::allow_empty_user;
const BOTH: Switch = |basic| basic.allow_empty_password().allow_empty_user();

/// Each switch lets through what it names, and nothing else.
#[test]
fn a178_each_switch_lets_the_verifier_decide_about_one_empty_part() {
    let as_name = format!("{TOKEN}:");
    let as_password = format!(":{TOKEN}");
    for (switch, asks_name, asks_password) in [
        (NEITHER, false, false),
        (PASSWORD, true, false),
        (NAME, false, true),
        (BOTH, true, true),
    ] {
        let stand = stand(is_token, switch);
        for (text, is_asked) in [(&as_name, asks_name), (&as_password, asks_password)] {
            let answer = stand.ask(get("/").basic_bytes(text));
            match is_asked {
                true => drop(answer.is_admitted_as(USER)),
                false => assert_eq!(answer.is_refused().verified, [""; 0], "{text}"),
            }
        }
        for text in [format!("{WRONG_TOKEN}:"), format!(":{WRONG_TOKEN}")] {
            stand.ask(get("/").basic_bytes(text)).is_refused();
        }
        let name_and_password = format!("{USER}:{TOKEN}");
        stand
            .ask(get("/").basic_bytes(name_and_password))
            .is_refused();
    }
}

/// Credentials with neither a name nor a password, and text without a colon, reach no verifier.
#[test]
fn a178_neither_a_name_nor_a_password_is_refused_with_both_switches() {
    let stand = stand(admit, BOTH);
    assert_eq!(
        stand.ask(get("/").basic_bytes(":")).is_refused().verified,
        [""; 0]
    );
    for text in ["", TOKEN, "\0:", ":\0", "a:\t"] {
        stand.ask(get("/").basic_bytes(text)).is_malformed();
    }
}

/// A token is no name: neither the audit nor the throttle learns it. A name with a password is one, as without switches.
#[test]
fn a178_a_token_in_the_place_of_the_name_is_no_account() {
    let stand = stand(is_token, BOTH);
    for text in [
        format!("{TOKEN}:"),
        format!("{WRONG_TOKEN}:"),
        format!(":{TOKEN}"),
        format!(":{WRONG_TOKEN}"),
    ] {
        let answer = stand.ask(get("/").basic_bytes(text));
        assert_eq!(answer.reserved, [None]);
        assert_eq!(answer.heard[0].account, None);
    }
    let answer = stand.ask(get("/").basic(USER, "x")).is_refused();
    assert_eq!(answer.reserved, [Some(USER.to_owned())]);
}

/// The verifiers of the crate admit no empty name and no empty password, with every switch.
#[test]
fn a178_a_table_of_accounts_admits_no_empty_part() {
    let schemes = |world: &crate::support::TestWorld| -> Schemes {
        let accounts = tower_challenge::password::PlaintextAccounts::new(
            crate::support::TestWorld::accounts(),
        )
        .unwrap();
        let verifier = Recording::new(accounts, &world.asked);
        vec![Box::new(
            Basic::new(REALM, verifier)
                .unwrap()
                .allow_empty_password()
                .allow_empty_user(),
        )]
    };
    let stand = TestServer::build(schemes, |layer| layer);
    for text in [
        format!("{USER}:"),
        format!(":{}", crate::support::PASSWORD),
        ":".to_owned(),
    ] {
        stand.ask(get("/").basic_bytes(text)).is_refused();
    }
    let good = Kind::Basic.good(&stand, &get("/"));
    stand.ask(get("/").authorization(good)).is_admitted_as(USER);
}

/// A token of 4,000 bytes is a password like any other. A password over the limit is answered as a wrong one.
#[test]
fn a178_a_password_over_the_limit_is_answered_as_a_wrong_one() {
    let stand = stand(admit, NEITHER);
    let long = "x".repeat(4000);
    stand.ask(get("/").basic(USER, &long)).is_admitted_as(USER);
    let wrong = TestServer::of(&[Kind::Basic])
        .ask(get("/").basic(USER, "x"))
        .is_refused();
    for (user, password) in [
        (USER.to_owned(), "x".repeat(8193)),
        ("x".repeat(8193), "x".to_owned()),
    ] {
        let answer = stand.ask(get("/").basic(&user, &password)).is_refused();
        assert_eq!(answer.verified, [""; 0]);
        assert_eq!(
            (answer.headers, answer.body),
            (wrong.headers.clone(), wrong.body.clone())
        );
    }
}

proptest! {
    /// For credentials with a name and a password, the switches change nothing.
    #[test]
    fn a178_the_switches_change_nothing_for_a_name_and_a_password(user in "[ -9;-~]{1,9}", password in "[ -~]{1,9}") {
        let ask = || get("/").basic(&user, &password);
        let answers = [NEITHER, PASSWORD, NAME, BOTH].map(|switch| stand(admit, switch).ask(ask()));
        for answer in &answers {
            prop_assert_eq!(answer.status, answers[0].status);
            prop_assert_eq!(&answer.verified, &answers[0].verified);
            prop_assert_eq!(&answer.reserved, &answers[0].reserved);
        }
    }
}
