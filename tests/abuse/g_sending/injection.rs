//! Tests that neither a client nor a user can inject text into responses.

use std::time::Duration;

use crate::support::Boxed;
use http::header::RETRY_AFTER;
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::ErrorParams;
use tower_challenge::client::Client;
use tower_challenge::header::{Challenge, SchemeName};
use tower_challenge::password::OneAccount;
use tower_challenge::policy::{self, PolicyDecision};
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::DigestAccounts;
use tower_challenge::scheme::{Basic, Bearer, Digest};
use tower_challenge::throttle::{AttemptOutcome, Reservation, Throttle, ThrottleTicket};
use tower_challenge::{ClaimedAccount, NowOrLater, Principal, RequestHead, Unavailable};

use crate::support::{
    Kind, Layer, PASSWORD, REALM, TOKEN, TestServer, TestWorld, USER, WRONG_TOKEN, get,
};

/// Realms that a user of the application may have chosen, and not the operator.
const REALMS: [&str; 12] = [
    "a\"b",
    "a\\",
    "\"",
    "\\\"",
    "a, Digest realm=\"x\"",
    "a\", charset=\"x",
    "a\tb",
    "M\u{fc}ll",
    "\u{1f511}",
    "",
    "<b>",
    "%0d%0a",
];

/// Texts with characters that would end the field and start another.
const CONTROLS: [&str; 7] = [
    "a\r\nSet-Cookie: a=b",
    "a\nb",
    "a\rb",
    "a\0b",
    "a\u{7f}b",
    "\u{1b}[2J",
    "\u{b}",
];

/// Returns a scheme of each kind for a realm.
fn in_realm(realm: &str) -> [Result<Boxed, tower_challenge::ConfigError>; 3] {
    let account = OneAccount::new(USER, PASSWORD).unwrap();
    let tokens = StaticTokens::new()
        .unwrap()
        .token(TOKEN, Principal::new(USER))
        .unwrap();
    let accounts = DigestAccounts::new(realm, TestWorld::accounts()).unwrap();
    [
        Basic::new(realm, account).map(|scheme| Box::new(scheme) as _),
        Bearer::new(realm, tokens).map(|scheme| Box::new(scheme) as _),
        Digest::new(realm, accounts).map(|scheme| Box::new(scheme) as _),
    ]
}

/// The challenge contains the realm unchanged, or the scheme cannot be built with it. No realm splits the header.
#[test]
fn a091_a_realm_injects_no_field_or_parameter() {
    for realm in REALMS {
        for scheme in in_realm(realm) {
            let stand = TestServer::build(|_| vec![scheme.unwrap()], |layer| layer);
            let answer = stand.ask(get("/")).is_challenged();
            let challenges = answer.challenges();
            assert_eq!(challenges.len(), 1, "{realm}");
            let said = challenges[0].param("realm").unwrap();
            assert_eq!(said.to_bytes(), realm.as_bytes());
        }
    }
    for realm in CONTROLS {
        assert!(in_realm(realm).iter().all(Result::is_err), "{realm:?}");
    }
}

/// The same holds for an opaque text, for scopes, and for the parameters of a step-up.
#[test]
fn a091_other_parameters_inject_no_field() {
    for text in CONTROLS {
        let accounts = DigestAccounts::new(REALM, TestWorld::accounts()).unwrap();
        assert!(
            Digest::builder(REALM, accounts)
                .opaque(text)
                .build()
                .is_err()
        );
        assert!(ErrorParams::insufficient_user_authentication(Some(text), None).is_err());
        let builder = || Challenge::builder(SchemeName::BEARER);
        assert!(builder().quoted("x", text).build().is_err());
        assert!(builder().token("x", text).build().is_err());
        assert!(builder().quoted(text, "x").build().is_err());
        assert!(builder().token68(text).build().is_err());
    }
    for scope in [
        "re\"ad",
        "re\\ad",
        "r\u{e9}ad",
        "re\u{0}ad",
        "re\u{7f}ad",
        "\"",
        "\u{1f511}",
    ] {
        assert!(policy::scopes(scope).is_err(), "{scope}");
        assert!(ErrorParams::insufficient_scope(scope).is_err());
    }
    for scope in ["a\r\nb", "a\tb", "a  b"] {
        // Whitespace separates the scopes, and the challenge has a single space between them.
        let needed = policy::scopes(scope).unwrap();
        let stand = TestServer::tuned(&[Kind::Bearer], |layer| layer.policy(needed));
        let answer = stand.ask(get("/").bearer(TOKEN)).is_forbidden();
        assert_eq!(answer.params("Bearer", "scope"), ["a b"]);
    }
}

/// The error parameters come from a fixed table, in the alphabet of RFC 6750 section 3. They never contain text of the
/// client or of an internal error.
#[test]
fn a092_error_parameters_come_from_a_fixed_table() {
    const ERRORS: [&str; 4] = [
        "invalid_request",
        "invalid_token",
        "insufficient_scope",
        "insufficient_user_authentication",
    ];
    let lacking = |_: &Principal, _: &RequestHead<'_>| {
        PolicyDecision::Lacks(ErrorParams::insufficient_scope("a b").unwrap())
    };
    let step_up = |_: &Principal, _: &RequestHead<'_>| {
        PolicyDecision::StepUp(
            ErrorParams::insufficient_user_authentication(Some("x"), Some(5)).unwrap(),
        )
    };
    let stands = [
        TestServer::of(&Kind::ALL),
        TestServer::tuned(&Kind::ALL, |layer| layer.policy(lacking)),
        TestServer::tuned(&Kind::ALL, |layer| layer.policy(step_up)),
    ];
    for stand in stands {
        for sent in [
            TOKEN,
            WRONG_TOKEN,
            "C4NARY\"",
            "C4NARY\\",
            "C4NARY x",
            "",
            "\"C4NARY\"",
            "<script>C4NARY",
        ] {
            let answer = stand.ask(get("/").bearer(sent));
            for challenge in answer.challenges() {
                for name in ["error", "error_description", "error_uri", "scope"] {
                    let Some(value) = challenge.param(name) else {
                        continue;
                    };
                    let allowed =
                        |byte: &u8| matches!(byte, 0x20..=0x21 | 0x23..=0x5B | 0x5D..=0x7E);
                    assert!(value.to_bytes().iter().all(allowed));
                    assert!(name != "error" || ERRORS.contains(&&*value.to_str().unwrap()));
                    assert_ne!(
                        name, "error_description",
                        "the layer sends no description, so there is none to inject into"
                    );
                }
            }
        }
    }
}

/// The reason of an internal error goes to the audit, and never to the client.
#[test]
fn a092_the_client_does_not_learn_why_a_verifier_failed() {
    let broken = |_: tower_challenge::Secret<'_>| {
        Err::<Option<Principal>, _>(Unavailable::new("db-7: SELECT"))
    };
    let stand = TestServer::build(
        |_| vec![Box::new(Bearer::new(REALM, broken).unwrap())],
        |layer| layer,
    );
    stand.ask(get("/").bearer(TOKEN)).is_unavailable();
}

/// A throttle that is always exhausted, with a given delay.
#[derive(Debug)]
struct Exhausted(Duration);

impl Throttle for Exhausted {
    fn reserve(
        &self,
        _: Option<&ClaimedAccount<'_>>,
        _: &Client,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<Reservation, Unavailable>> {
        NowOrLater::now(Ok(Reservation::Exhausted(self.0)))
    }

    fn settle(&self, _: ThrottleTicket, _: AttemptOutcome) -> NowOrLater<()> {
        NowOrLater::now(())
    }
}

/// `Retry-After` is in whole seconds, rounded up, and at least one. A very long delay does not overflow.
#[test]
fn a092_retry_after_is_in_whole_seconds() {
    let cases = [
        (Duration::ZERO, "1"),
        (Duration::from_nanos(1), "1"),
        (Duration::from_millis(1001), "2"),
        (Duration::from_secs(60), "60"),
        (Duration::from_secs(u64::MAX), "18446744073709551615"),
        (Duration::MAX, "18446744073709551615"),
    ];
    for (delay, expected) in cases {
        let stand = TestServer::tuned(&Kind::ALL, |layer| layer.throttle(Exhausted(delay)));
        let answer = stand.ask(get("/").basic(USER, PASSWORD)).is_throttled();
        assert_eq!(answer.header(RETRY_AFTER.as_str()), Some(expected));
        assert_eq!(answer.verified, [""; 0]);
        let broken = move |_: tower_challenge::Secret<'_>| {
            Err::<Option<Principal>, _>(Unavailable::new("x").retry_after(delay))
        };
        let stand = TestServer::build(
            |_| vec![Box::new(Bearer::new(REALM, broken).unwrap())],
            |layer| layer,
        );
        let answer = stand.ask(get("/").bearer(TOKEN)).is_unavailable();
        assert_eq!(answer.header(RETRY_AFTER.as_str()), Some(expected));
    }
}

proptest! {
    #[test]
    fn a091_the_challenge_contains_every_realm_unchanged(realm in any::<String>()) {
        for scheme in in_realm(&realm) {
            let has_control = realm.bytes().any(|byte| byte.is_ascii_control() && byte != b'\t');
            prop_assert_eq!(scheme.is_err(), has_control);
            let Ok(scheme) = scheme else { continue };
            let stand = TestServer::build(|_| vec![scheme], |layer| layer);
            let challenges = stand.ask(get("/")).is_challenged().challenges();
            prop_assert_eq!(challenges.len(), 1);
            let said = challenges[0].param("realm").unwrap().to_bytes().into_owned();
            prop_assert_eq!(said, realm.as_bytes());
        }
    }

    /// A refusal contains no text that the client sent.
    #[test]
    fn a092_a_refusal_contains_no_text_of_the_client(sent in prop::collection::vec("[a-zA-Z0-9]{12,20}", 3)) {
        let [user, password, path] = [&sent[0], &sent[1], &sent[2]];
        for stand in [TestServer::of(&Kind::ALL), TestServer::tuned(&Kind::ALL, Layer::optional)] {
            let path = format!("/{path}?{user}");
            for credentials in [
                crate::support::request::basic(format!("{user}:{password}")),
                format!("Bearer {user}"),
                format!("Bearer {user} {password}"),
                format!("{user} {password}"),
                format!("Digest username=\"{user}\", x={password}"),
            ] {
                let ask = get(&path).authorization(credentials).field("host", user).field("origin", password);
                let answer = stand.ask(ask);
                prop_assert!(!answer.is_from_inside());
                for value in answer.headers.values() {
                    let value = value.to_str().unwrap();
                    prop_assert!(sent.iter().all(|text| !value.contains(text)), "{value}");
                }
                prop_assert!(answer.body.is_empty());
            }
        }
    }
}
