//! Tests how Basic decodes credentials.

use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use http::StatusCode;
use proptest::prelude::{any, prop};
use proptest::{prop_assert, prop_assert_eq, proptest};
use tower_challenge::password::precis::PrecisVerifier;
use tower_challenge::password::{OneAccount, PlaintextAccounts};
use tower_challenge::scheme::Basic;
use tower_challenge::{NowOrLater, Principal, Secret, Unavailable};

use super::{admitting_every_caller, with_basic};
use crate::support::{PASSWORD, REALM, Recording, Schemes, TestServer, USER, get};

/// Spellings that some decoders accept as the base64 of `bytes`.
fn spellings(bytes: &[u8]) -> Vec<String> {
    let right = STANDARD.encode(bytes);
    let body = right.trim_end_matches('=');
    let mut spellings = vec![
        URL_SAFE.encode(bytes),
        URL_SAFE_NO_PAD.encode(bytes),
        STANDARD_NO_PAD.encode(bytes),
        format!("{body}="),
        format!("{body}==="),
        format!("{body}===="),
        format!("{right}QQ=="),
        format!("{right}AA"),
        format!("{right}."),
        format!("{right}~"),
        format!("={right}"),
        format!("{body}A"),
        right.to_lowercase(),
        STANDARD.encode(&right),
    ];
    // These have extra bits after the last byte.
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".chars() {
        let padding = &right[body.len()..];
        spellings.push(format!("{}{last}{padding}", &body[..body.len() - 1]));
    }
    for place in 0..right.len() {
        for inner in [" ", "\t", "\r\n", "\u{a0}", "-", "_"] {
            spellings.push(format!("{}{inner}{}", &right[..place], &right[place..]));
        }
    }
    // Extra spaces after the scheme name are allowed, so they are not another spelling.
    spellings.retain(|spelling| spelling.trim_start_matches(' ') != right);
    spellings
}

/// There is a single base64 spelling of each name and password. No other spelling causes a `500`, or reaches a verifier
/// with the same name and password.
#[test]
fn a018_another_spelling_of_base64_does_not_reach_the_verifier() {
    for bytes in [
        &b"mufasa:C4NARY-circle-of-life"[..],
        b"ab:c?",
        b"ab:c??",
        "ä:\u{3ff}\u{3ff}?".as_bytes(),
    ] {
        let stand = admitting_every_caller();
        for spelling in spellings(bytes) {
            let Some(ask) = get("/").try_field("authorization", format!("Basic {spelling}")) else {
                continue;
            };
            let answer = stand.ask(ask);
            let asked = answer.verified.first();
            let same = asked.is_some_and(|asked| asked.replacen('\n', ":", 1).as_bytes() == bytes);
            assert!(
                !same,
                "{spelling} reached the verifier with the same name and password"
            );
            assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}

#[test]
fn a018_a_client_that_sends_malformed_base64_gets_400() {
    for stand in with_basic() {
        for token68 in [
            "====",
            "A",
            "AAAAA",
            "QQ",
            "QQ=",
            "QQ===",
            "QR==",
            "bXVmYXNhOg",
            "bXVmYXNhOi0_",
            "bXV.YXNh",
            "~~~~",
        ] {
            let answer = stand
                .ask(get("/").authorization(format!("Basic {token68}")))
                .is_malformed();
            assert_eq!(answer.reserved, [None], "no account is charged");
        }
    }
}

/// Credentials without a colon are malformed. They do not have an empty password.
#[test]
fn a019_a_client_that_sends_no_colon_gets_400() {
    for text in [
        "user",
        USER,
        "",
        "mufasa C4NARY-circle-of-life",
        "mufasa;x",
        "mufasa%3Ax",
        "mufasa\u{ff1a}x",
    ] {
        admitting_every_caller()
            .ask(get("/").basic_bytes(text))
            .is_malformed();
        for stand in with_basic() {
            stand.ask(get("/").basic_bytes(text)).is_malformed();
        }
    }
}

/// The scheme refuses an empty name or password itself, even if the verifier would accept it.
#[test]
fn a020_an_empty_name_or_password_is_refused() {
    for text in [
        ":",
        "mufasa:",
        ":C4NARY-circle-of-life",
        "::",
        "::x",
        ":mufasa:x",
    ] {
        let answer = admitting_every_caller().ask(get("/").basic_bytes(text));
        assert_eq!(
            answer.is_refused().verified,
            [""; 0],
            "{text}: the verifier is not asked"
        );
        for stand in with_basic() {
            assert_eq!(
                stand.ask(get("/").basic_bytes(text)).is_refused().verified,
                [""; 0]
            );
        }
    }
    let answer = admitting_every_caller()
        .ask(get("/").basic_bytes("mufasa::"))
        .is_admitted_as(USER);
    assert_eq!(answer.verified, ["mufasa\n:"], "a colon can be a password");
}

/// A table cannot hold an account with an empty name or password, or with a colon in the name.
#[test]
fn a020_a_table_accepts_no_empty_name_or_password() {
    for (user, password) in [("", ""), ("", "x"), ("x", ""), ("a:b", "x")] {
        assert!(OneAccount::new(user, password).is_err());
        assert!(PlaintextAccounts::new([(user, password)]).is_err());
        assert!(PlaintextAccounts::new([("ada", "lovelace"), (user, password)]).is_err());
    }
}

#[test]
fn a021_a_password_may_contain_colons() {
    for password in [":", "p:q", ":p", "p:", "::", "p::q:", "https://h:80/"] {
        let accounts = PlaintextAccounts::new([("u", password)]).unwrap();
        let schemes = vec![Box::new(Basic::new(REALM, accounts).unwrap()) as _];
        let stand = TestServer::build(|_| schemes, |layer| layer);
        stand.ask(get("/").basic("u", password)).is_admitted_as("u");
        stand
            .ask(get("/").basic(&format!("u:{password}"), password))
            .is_refused();
        stand
            .ask(get("/").basic("u", &format!("{password}:")))
            .is_refused();
    }
}

/// A control character in a name or a password is malformed. The scheme does not cut the text there, and asks no
/// verifier.
#[test]
fn a022_a_client_that_sends_a_control_character_gets_400() {
    let good = format!("{USER}:{PASSWORD}");
    for control in (0..0x20).chain([0x7F]) {
        for place in 0..=good.len() {
            let mut bytes = good.clone().into_bytes();
            bytes.insert(place, control);
            admitting_every_caller()
                .ask(get("/").basic_bytes(&bytes))
                .is_malformed();
        }
        for stand in with_basic() {
            let cut = format!("{USER}{}x:{PASSWORD}", char::from(control));
            stand.ask(get("/").basic_bytes(cut)).is_malformed();
        }
    }
}

/// The scheme does not try another encoding for bytes that are not UTF-8. A second try would be two guesses for one
/// attempt.
#[test]
fn a023_bytes_that_are_not_utf_8_reach_no_verifier() {
    let foreign: [&[u8]; 9] = [
        b"test:123\xA3",
        b"J\xE4s\xF8n:x",
        b"mufasa\xC0\xAF:x",
        b"mufasa:\xC0\xBA",
        b"mufasa:\xED\xA0\x80",
        b"mufasa:\xF4\x90\x80\x80",
        b"mufasa:\xE2\x82",
        b"\xFF\xFEm\0u\0:\0x\0",
        b"mufasa:\x80",
    ];
    for bytes in foreign {
        let answer = admitting_every_caller().ask(get("/").basic_bytes(bytes));
        assert!(!answer.is_from_inside());
        assert_eq!(answer.verified, [""; 0], "{bytes:?}");
        for stand in with_basic() {
            let answer = stand.ask(get("/").basic_bytes(bytes));
            assert_eq!(answer.verified, [""; 0], "{bytes:?}");
        }
    }
}

/// A composed and a decomposed accent are two passwords, unless PRECIS makes them one. In both cases the verifier is
/// asked once for each attempt.
#[test]
fn a023_only_precis_makes_composed_and_decomposed_accents_equal() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    let stand = |precise: bool| {
        let account = OneAccount::new(composed, composed).unwrap();
        TestServer::build(
            |world| {
                let inside = Recording::new(account, &world.asked);
                match precise {
                    true => vec![Box::new(Basic::new(REALM, PrecisVerifier(inside)).unwrap())],
                    false => vec![Box::new(Basic::new(REALM, inside).unwrap())],
                }
            },
            |layer| layer,
        )
    };
    let spellings = [composed, decomposed];
    for user in spellings {
        for password in spellings {
            let plain = stand(false).ask(get("/").basic(user, password));
            assert_eq!(plain.verified, [format!("{user}\n{password}")]);
            assert_eq!(
                plain.is_from_inside(),
                user == composed && password == composed
            );
            let precise = stand(true).ask(get("/").basic(user, password));
            precise.clone().is_admitted_as(composed);
            assert_eq!(precise.verified.len(), 1);
        }
    }
    for refused in ["a\u{200b}b", "\u{0378}", "a\u{202e}b"] {
        let answer = stand(true)
            .ask(get("/").basic(refused, composed))
            .is_refused();
        assert_eq!(
            answer.verified.len(),
            1,
            "a name that PRECIS refuses costs as much as a wrong password"
        );
        let answer = stand(true)
            .ask(get("/").basic(composed, refused))
            .is_refused();
        assert_eq!(answer.verified.len(), 1);
    }
}

/// A verifier that waits is also asked once for each attempt, and no visible text holds the secret meanwhile.
#[test]
fn a023_a_verifier_that_waits_is_asked_once() {
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let verifier = move |user: &str, _: Secret<'_>| {
        seen.lock().unwrap().push(user.to_owned());
        let user = user.to_owned();
        NowOrLater::later(async move {
            crate::support::run::later().await;
            Ok::<_, Unavailable>((user == USER).then(|| Principal::new(&user)))
        })
    };
    let schemes: Schemes = vec![Box::new(Basic::new(REALM, verifier).unwrap())];
    let stand = TestServer::build(|_| schemes, |layer| layer);
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    stand.ask(get("/").basic("unknown", PASSWORD)).is_refused();
    assert_eq!(*asked.lock().unwrap(), [USER, "unknown"]);
}

proptest! {
    /// Each account has a single spelling, so that a client cannot use two throttle keys for one account.
    #[test]
    fn a018_each_account_has_one_spelling(token68 in "[A-Za-z0-9+/._~-]{0,40}={0,3}") {
        let stand = admitting_every_caller();
        let answer = stand.ask(get("/").authorization(format!("Basic {token68}")));
        if let Some(Some(account)) = answer.reserved.first() {
            let decoded = STANDARD.decode(&token68).unwrap();
            let start = format!("{account}:");
            prop_assert!(decoded.starts_with(start.as_bytes()));
            prop_assert_eq!(STANDARD.encode(decoded), token68);
        }
    }

    /// The first colon separates the name from the password, and the scheme changes neither.
    #[test]
    fn a021_the_first_colon_separates(user in "[^:\\p{Cc}]{1,20}", password in "[^\\p{Cc}]{1,30}") {
        let stand = admitting_every_caller();
        let answer = stand.ask(get("/").basic(&user, &password));
        prop_assert_eq!(&answer.verified, &[format!("{user}\n{password}")]);
        prop_assert_eq!(&answer.reserved, &[Some(user)]);
    }

    /// Bytes that are not UTF-8 or hold a control character reach no verifier. The scheme reads all others in a single
    /// way.
    #[test]
    fn a023_the_scheme_reads_each_text_in_one_way(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let stand = admitting_every_caller();
        let answer = stand.ask(get("/").basic_bytes(&bytes));
        prop_assert!(answer.verified.len() <= 1);
        if let Some(asked) = answer.verified.first() {
            let asked = asked.replacen('\n', ":", 1);
            prop_assert_eq!(asked.as_bytes(), bytes);
        }
    }
}
