//! Tests which accounts and passwords Basic and the other schemes accept.

use http::StatusCode;
use proptest::{prop_assume, proptest};
use tower_challenge::Principal;
use tower_challenge::password::OneAccount;
use tower_challenge::scheme::bearer::StaticTokens;
use tower_challenge::scheme::digest::{DigestAccount, DigestAlgorithm};
use tower_challenge::scheme::{Basic, Bearer, Digest};

use super::admitting_every_caller;
use crate::support::{
    Answer, Kind, Layer, Login, OTHER_USER, PASSWORD, REALM, Recording, TOKEN, TestServer, USER,
    WRONG, WRONG_TOKEN, get,
};

/// Parts of the name or the password, longer texts, and texts of another case are wrong credentials.
#[test]
fn a024_a_part_of_the_password_is_refused() {
    let scheme = || Basic::new(REALM, OneAccount::new(USER, PASSWORD).unwrap()).unwrap();
    let one_account = TestServer::build(|_| vec![Box::new(scheme())], |layer| layer);
    for stand in [one_account, TestServer::of(&[Kind::Basic])] {
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
        for letter in (0x20..0x7F).map(char::from) {
            stand
                .ask(get("/").basic(USER, &format!("{PASSWORD}{letter}")))
                .is_refused();
            stand
                .ask(get("/").basic(USER, &format!("{letter}{PASSWORD}")))
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

/// A stored hash of another form is an error when it is read, and matches no password.
#[test]
fn a026_a_malformed_stored_hash_is_an_error() {
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

/// A client cannot tell from an answer whether a user exists, and the verifier is asked once in both cases.
#[test]
fn a027_an_unknown_user_gets_the_same_answer_as_a_wrong_password() {
    for (kinds, stand) in TestServer::every() {
        for kind in kinds {
            let wrong = |user: &str| match kind {
                Kind::Basic => crate::support::request::basic(format!("{user}:{WRONG}")),
                Kind::Bearer => format!("Bearer {WRONG_TOKEN}{user}"),
                Kind::Digest => Login::to(&stand.challenge(Kind::Digest), user, WRONG).header(),
            };
            let answers = [USER, OTHER_USER, "unknown", "admin", "Mufasa"].map(|user| {
                let answer = stand.ask(get("/").authorization(wrong(user))).is_refused();
                assert_eq!(
                    answer.verified.len(),
                    1,
                    "the verifier is asked once for each attempt"
                );
                shape(&answer)
            });
            assert!(
                answers.iter().all(|answer| *answer == answers[0]),
                "{answers:?}"
            );
        }
    }
}

/// Returns an answer without the parts that differ in each answer, such as the nonce.
pub(crate) fn shape(answer: &Answer) -> (StatusCode, Vec<(String, String)>, Vec<u8>) {
    let fields = answer.headers.iter().map(|(name, value)| {
        let value = value.to_str().unwrap();
        let nonce = value
            .split("nonce=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next());
        let value = nonce.map_or_else(|| value.to_owned(), |nonce| value.replace(nonce, "fresh"));
        (name.to_string(), value)
    });
    (answer.status, fields.collect(), answer.body.to_vec())
}

/// An expired token and a disabled account get the same answer as wrong credentials.
#[test]
fn a028_expired_and_disabled_accounts_get_the_same_answer_as_wrong_credentials() {
    let stand = TestServer::build(
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
                Box::new(Bearer::new(REALM, Recording::new(tokens, &world.asked)).unwrap()),
                Box::new(Digest::new(REALM, Recording::new(lookup, &world.asked)).unwrap()),
            ]
        },
        Layer::optional,
    );
    let expired = stand.ask(get("/").bearer(TOKEN)).is_refused_uncounted();
    let unknown = stand.ask(get("/").bearer(WRONG_TOKEN)).is_refused();
    assert_eq!(shape(&expired), shape(&unknown));
    assert_eq!(expired.verified.len(), unknown.verified.len());

    let login = |user| Login::to(&stand.challenge(Kind::Digest), user, PASSWORD).header();
    let disabled = stand.ask(get("/").authorization(login(USER))).is_refused();
    let unknown = stand
        .ask(get("/").authorization(login("unknown")))
        .is_refused();
    assert_eq!(shape(&disabled), shape(&unknown));
    assert_eq!(disabled.verified.len(), unknown.verified.len());
}

/// A verifier is asked once for each attempt, and never about a name or a password that exceeds its limit.
#[test]
fn a027_a_name_or_password_over_the_limit_is_answered_as_a_wrong_one() {
    for length in [1024, 8192, 8193, 11_000] {
        let long = "x".repeat(length);
        for (user, password) in [
            (USER, long.as_str()),
            (long.as_str(), WRONG),
            ("unknown", long.as_str()),
        ] {
            let answer = admitting_every_caller().ask(get("/").basic(user, password));
            match length {
                1024 | 8192 => assert_eq!(answer.verified.len(), 1),
                _ => assert_eq!(answer.is_refused().verified, [""; 0]),
            }
        }
    }
}

proptest! {
    /// Basic refuses every text that is not the password.
    #[test]
    fn a024_every_other_password_is_refused(other in "[ -~]{1,40}") {
        prop_assume!(other != PASSWORD);
        let stand = TestServer::of(&[Kind::Basic]);
        stand.ask(get("/").basic(USER, &other)).is_refused();
    }
}
