//! Whose they are.

use http::StatusCode;
use proptest::{prop_assume, proptest};
use tower_challenge::Principal;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccount, DigestAlgorithm};
use tower_challenge::scheme::{Basic, Bearer, Digest};

use super::gullible;
use crate::support::{
    Answer, Kind, Layer, Login, OTHER_USER, PASSWORD, REALM, Stand, TOKEN, USER, WRONG,
    WRONG_TOKEN, Watched, get,
};

/// Every part of the password, every longer text, every change of one letter: all wrong.
#[test]
fn a024_length_limited_comparison() {
    let one = || Basic::new(REALM, OneAccount::new(USER, PASSWORD).unwrap()).unwrap();
    let one = Stand::build(|_| vec![Box::new(one())], |layer| layer);
    for stand in [one, Stand::of(&[Kind::Basic])] {
        stand
            .ask(get("/").basic(USER, PASSWORD))
            .is_admitted_as(USER);
        for end in 1..PASSWORD.len() {
            stand
                .ask(get("/").basic(USER, &PASSWORD[..end]))
                .is_refused();
            stand
                .ask(get("/").basic(USER, &PASSWORD[end..]))
                .is_refused();
        }
        for end in 1..USER.len() {
            stand
                .ask(get("/").basic(&USER[..end], PASSWORD))
                .is_refused();
        }
        for octet in (0x20..0x7F).map(char::from) {
            stand
                .ask(get("/").basic(USER, &format!("{PASSWORD}{octet}")))
                .is_refused();
            stand
                .ask(get("/").basic(USER, &format!("{octet}{PASSWORD}")))
                .is_refused();
        }
        for changed in [
            PASSWORD.to_lowercase(),
            PASSWORD.to_uppercase(),
            PASSWORD.repeat(2),
        ] {
            stand.ask(get("/").basic(USER, &changed)).is_refused();
        }
    }
}

/// A stored secret of another form is refused when it is read, and stands for no password.
#[test]
fn a026_malformed_stored_hash() {
    let stored = || DigestAccount::new(REALM, Principal::new(USER));
    for (algorithm, length) in [
        (DigestAlgorithm::Md5, 32),
        (DigestAlgorithm::Sha256, 64),
        (DigestAlgorithm::Sha512_256, 64),
    ] {
        for digits in ["", "*", "!", "x", "$2y$broken", "0x00", "{SHA}"] {
            assert!(stored().with_ha1(algorithm, digits).is_err(), "{digits}");
        }
        for wrong in [length - 2, length - 1, length + 1, length + 2, 2 * length] {
            assert!(stored().with_ha1(algorithm, &"a".repeat(wrong)).is_err());
        }
        for foreign in ["g", "-", " ", "\u{0}", "\u{ff41}"] {
            let digits = format!("{}{foreign}", "a".repeat(length - 1));
            assert!(stored().with_ha1(algorithm, &digits).is_err(), "{digits}");
        }
        assert!(stored().with_ha1(algorithm, &"a".repeat(length)).is_ok());
    }
}

/// Nobody can tell from an answer, or from what was looked up, whether a user exists.
#[test]
fn a027_unknown_user() {
    for (kinds, stand) in Stand::every() {
        for kind in kinds {
            let wrong = |user: &str| match kind {
                Kind::Basic => crate::support::request::basic(format!("{user}:{WRONG}")),
                Kind::Bearer => format!("Bearer {WRONG_TOKEN}{user}"),
                Kind::Digest => Login::to(&stand.challenge(Kind::Digest), user, WRONG).header(),
            };
            let answers = [USER, OTHER_USER, "nobody", "admin", "Mufasa"].map(|user| {
                let answer = stand.ask(get("/").authorization(wrong(user))).is_refused();
                assert_eq!(answer.verified.len(), 1, "one question for each");
                shape(&answer)
            });
            assert!(answers.iter().all(|it| *it == answers[0]), "{answers:?}");
        }
    }
}

/// An answer without what is new in each.
fn shape(answer: &Answer) -> (StatusCode, Vec<(String, String)>, Vec<u8>) {
    let fields = answer.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap();
        let nonce = value
            .split("nonce=\"")
            .nth(1)
            .and_then(|it| it.split('"').next());
        let value = nonce.map_or_else(|| value.to_owned(), |nonce| value.replace(nonce, "fresh"));
        (name.to_string(), value)
    });
    (answer.status, fields.collect(), answer.body.to_vec())
}

/// Credentials that were good once, or of an account that may not log in, are answered as wrong ones are.
#[test]
fn a028_expired_or_disabled() {
    let stand = Stand::build(
        |world| {
            let now = tower_challenge::clock::Clock::wall(&world.clock);
            let tokens = StaticTokens::new().unwrap().with_clock(world.clock.clone());
            let tokens = tokens
                .token_until(TOKEN, Principal::new(USER), now)
                .unwrap();
            let lookup = |name: &str| {
                (name == USER).then(|| DigestAccount::new(REALM, Principal::new(USER)))
            };
            vec![
                Box::new(Bearer::new(REALM, Watched::new(tokens, &world.asked)).unwrap()),
                Box::new(Digest::new(REALM, Watched::new(lookup, &world.asked)).unwrap()),
            ]
        },
        Layer::optional,
    );
    let expired = stand.ask(get("/").bearer(TOKEN)).is_refused();
    let unknown = stand.ask(get("/").bearer(WRONG_TOKEN)).is_refused();
    assert_eq!(shape(&expired), shape(&unknown));
    assert_eq!(expired.verified.len(), unknown.verified.len());

    let login = |user| Login::to(&stand.challenge(Kind::Digest), user, PASSWORD).header();
    let disabled = stand.ask(get("/").authorization(login(USER))).is_refused();
    let unknown = stand
        .ask(get("/").authorization(login("nobody")))
        .is_refused();
    assert_eq!(shape(&disabled), shape(&unknown));
    assert_eq!(disabled.verified.len(), unknown.verified.len());
}

/// A verifier is asked once for each attempt, and never for more than it said it takes.
#[test]
fn a027_over_long_names_and_passwords() {
    for length in [1024, 1025, 4096, 8192] {
        let long = "x".repeat(length);
        for (user, password) in [
            (USER, long.as_str()),
            (long.as_str(), WRONG),
            ("nobody", long.as_str()),
        ] {
            let answer = gullible().ask(get("/").basic(user, password));
            match length {
                1024 => assert_eq!(answer.verified.len(), 1),
                _ => assert_eq!(answer.is_malformed().verified, [""; 0]),
            }
        }
    }
}

proptest! {
    /// Nothing but the password is the password.
    #[test]
    fn a024_another_password(other in "[ -~]{1,40}") {
        prop_assume!(other != PASSWORD);
        let stand = Stand::of(&[Kind::Basic]);
        stand.ask(get("/").basic(USER, &other)).is_refused();
    }
}
