//! What credentials are read as.

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

use super::{gullible, with_basic};
use crate::support::{PASSWORD, REALM, Schemes, Stand, USER, Watched, get};

/// Spellings that some decoders take for the base64 of `octets`.
fn spellings(octets: &[u8]) -> Vec<String> {
    let right = STANDARD.encode(octets);
    let body = right.trim_end_matches('=');
    let mut spellings = vec![
        URL_SAFE.encode(octets),
        URL_SAFE_NO_PAD.encode(octets),
        STANDARD_NO_PAD.encode(octets),
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
    // Bits at the end that no octet has.
    for last in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".chars() {
        let padding = &right[body.len()..];
        spellings.push(format!("{}{last}{padding}", &body[..body.len() - 1]));
    }
    for place in 0..right.len() {
        for inner in [" ", "\t", "\r\n", "\u{a0}", "-", "_"] {
            spellings.push(format!("{}{inner}{}", &right[..place], &right[place..]));
        }
    }
    // After the scheme name, more spaces mean the same.
    spellings.retain(|it| it.trim_start_matches(' ') != right);
    spellings
}

/// One spelling for each password: no other gets in, breaks anything, or reaches a verifier with the same account.
#[test]
fn a018_malformed_base64() {
    for octets in [
        &b"mufasa:C4NARY-circle-of-life"[..],
        b"ab:c?",
        b"ab:c??",
        "ä:\u{3ff}\u{3ff}?".as_bytes(),
    ] {
        let stand = gullible();
        for spelling in spellings(octets) {
            let Some(ask) = get("/").try_field("authorization", format!("Basic {spelling}")) else {
                continue;
            };
            let answer = stand.ask(ask);
            let asked = answer.verified.first();
            let same = asked.is_some_and(|asked| asked.replacen('\n', ":", 1).as_bytes() == octets);
            assert!(!same, "{spelling} is another spelling");
            assert!(answer.status != StatusCode::INTERNAL_SERVER_ERROR);
        }
    }
}

#[test]
fn a018_malformed_base64_is_malformed_everywhere() {
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
            assert_eq!(answer.reserved, [None], "no account is blamed");
        }
    }
}

/// Without a colon there is no password, not an empty one.
#[test]
fn a019_no_colon() {
    for text in [
        "user",
        USER,
        "",
        "mufasa C4NARY-circle-of-life",
        "mufasa;x",
        "mufasa%3Ax",
        "mufasa\u{ff1a}x",
    ] {
        gullible().ask(get("/").basic_octets(text)).is_malformed();
        for stand in with_basic() {
            stand.ask(get("/").basic_octets(text)).is_malformed();
        }
    }
}

/// An empty name or password is nobody's, whatever a verifier would say.
#[test]
fn a020_empty_user_or_password() {
    for text in [
        ":",
        "mufasa:",
        ":C4NARY-circle-of-life",
        "::",
        "::x",
        ":mufasa:x",
    ] {
        let answer = gullible().ask(get("/").basic_octets(text));
        assert_eq!(
            answer.is_refused().verified,
            [""; 0],
            "{text}: before any store is asked"
        );
        for stand in with_basic() {
            assert_eq!(
                stand.ask(get("/").basic_octets(text)).is_refused().verified,
                [""; 0]
            );
        }
    }
    let answer = gullible()
        .ask(get("/").basic_octets("mufasa::"))
        .is_admitted_as(USER);
    assert_eq!(answer.verified, ["mufasa\n:"], "a colon is a password");
}

/// No account can be made that would have one.
#[test]
fn a020_no_account_is_empty() {
    for (user, password) in [("", ""), ("", "x"), ("x", ""), ("a:b", "x")] {
        assert!(OneAccount::new(user, password).is_err());
        assert!(PlaintextAccounts::new([(user, password)]).is_err());
        assert!(PlaintextAccounts::new([("ada", "lovelace"), (user, password)]).is_err());
    }
}

#[test]
fn a021_colons_in_the_password() {
    for password in [":", "p:q", ":p", "p:", "::", "p::q:", "https://h:80/"] {
        let accounts = PlaintextAccounts::new([("u", password)]).unwrap();
        let schemes = vec![Box::new(Basic::new(REALM, accounts).unwrap()) as _];
        let stand = Stand::build(|_| schemes, |layer| layer);
        stand.ask(get("/").basic("u", password)).is_admitted_as("u");
        stand
            .ask(get("/").basic(&format!("u:{password}"), password))
            .is_refused();
        stand
            .ask(get("/").basic("u", &format!("{password}:")))
            .is_refused();
    }
}

/// A control character at any place of a name or a password: nothing is cut there, and nobody is asked.
#[test]
fn a022_control_characters() {
    let good = format!("{USER}:{PASSWORD}");
    for control in (0..0x20).chain([0x7F]) {
        for place in 0..=good.len() {
            let mut octets = good.clone().into_bytes();
            octets.insert(place, control);
            gullible()
                .ask(get("/").basic_octets(&octets))
                .is_malformed();
        }
        for stand in with_basic() {
            let cut = format!("{USER}{}x:{PASSWORD}", char::from(control));
            stand.ask(get("/").basic_octets(cut)).is_malformed();
        }
    }
}

/// Octets that are not UTF-8 are not tried in another encoding: that would be two guesses for one attempt.
#[test]
fn a023_not_utf_8() {
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
    for octets in foreign {
        let answer = gullible().ask(get("/").basic_octets(octets));
        assert!(!answer.is_from_inside());
        assert_eq!(answer.verified, [""; 0], "{octets:?}");
        for stand in with_basic() {
            let answer = stand.ask(get("/").basic_octets(octets));
            assert_eq!(answer.verified, [""; 0], "{octets:?}");
        }
    }
}

/// A composed and a decomposed accent are two passwords, unless PRECIS says that they are one; and either way it is one
/// question for one attempt.
#[test]
fn a023_composition() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    let stand = |precise: bool| {
        let account = OneAccount::new(composed, composed).unwrap();
        Stand::build(
            |world| {
                let inside = Watched::new(account, &world.asked);
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
            "what PRECIS refuses costs what is wrong costs"
        );
        let answer = stand(true)
            .ask(get("/").basic(composed, refused))
            .is_refused();
        assert_eq!(answer.verified.len(), 1);
    }
}

/// A verifier that waits is asked once too, and what it holds meanwhile is not shown.
#[test]
fn a023_one_question_for_a_verifier_that_waits() {
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
    let stand = Stand::build(|_| schemes, |layer| layer);
    stand
        .ask(get("/").basic(USER, PASSWORD))
        .is_admitted_as(USER);
    stand.ask(get("/").basic("nobody", PASSWORD)).is_refused();
    assert_eq!(*asked.lock().unwrap(), [USER, "nobody"]);
}

proptest! {
    /// Whatever has an account has one spelling, so that nobody has two throttle keys.
    #[test]
    fn a018_one_spelling_an_account(token68 in "[A-Za-z0-9+/._~-]{0,40}={0,3}") {
        let stand = gullible();
        let answer = stand.ask(get("/").authorization(format!("Basic {token68}")));
        if let Some(Some(account)) = answer.reserved.first() {
            let decoded = STANDARD.decode(&token68).unwrap();
            let start = format!("{account}:");
            prop_assert!(decoded.starts_with(start.as_bytes()));
            prop_assert_eq!(STANDARD.encode(decoded), token68);
        }
    }

    /// The first colon separates, and nothing else is done to a name or a password.
    #[test]
    fn a021_the_first_colon_separates(user in "[^:\\p{Cc}]{1,20}", password in "[^\\p{Cc}]{1,30}") {
        let stand = gullible();
        let answer = stand.ask(get("/").basic(&user, &password));
        prop_assert_eq!(&answer.verified, &[format!("{user}\n{password}")]);
        prop_assert_eq!(&answer.reserved, &[Some(user)]);
    }

    /// Octets that are no UTF-8, or hold a control, reach no verifier; all others are read in one way.
    #[test]
    fn a023_one_reading(octets in prop::collection::vec(any::<u8>(), 0..40)) {
        let stand = gullible();
        let answer = stand.ask(get("/").basic_octets(&octets));
        prop_assert!(answer.verified.len() <= 1);
        if let Some(asked) = answer.verified.first() {
            let asked = asked.replacen('\n', ":", 1);
            prop_assert_eq!(asked.as_bytes(), octets);
        }
    }
}
