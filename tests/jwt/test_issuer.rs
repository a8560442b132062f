//! The issuer for the tests of applications.

use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tower_challenge::clock::{ManualClock, SystemClock};

use crate::support::{builder, good, issuer, why};

fn claims(token: &str) -> Value {
    let claims = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap()
}

#[test]
fn each_token_has_an_identifier_of_its_own() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
    let issuer = issuer().with_clock(clock);
    let tokens = [
        issuer.token("ada"),
        issuer.token("ada"),
        issuer.clone().token("ada"),
    ];
    let mut ids = Vec::from_iter(tokens.map(|token| claims(&token.sign())["jti"].to_string()));
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 3, "{ids:?}");
}

/// RFC 7519 section 2: a date is a number of seconds from 1970-01-01, so a date before it is negative.
#[test]
fn a_token_has_expired_or_is_valid_by_every_clock() {
    let epoch = SystemTime::UNIX_EPOCH;
    let century = Duration::from_secs(100 * 365 * 86_400);
    for now in [
        epoch,
        epoch + Duration::from_secs(5400),
        epoch - Duration::from_millis(500),
        epoch - century,
        epoch + 20 * century,
    ] {
        let clock = ManualClock::new(now);
        let issuer = issuer().with_clock(clock.clone());
        let verifier = builder(issuer.clone()).clock(clock).leeway(Duration::ZERO);
        let verifier = verifier.build().unwrap();
        assert_eq!(why(&verifier, &good(&issuer).sign()), None, "{now:?}");
        let expired = good(&issuer).expired().sign();
        assert_eq!(
            why(&verifier, &expired),
            Some("the token has expired"),
            "{now:?}"
        );
        let long = good(&issuer).lifetime(Duration::MAX).sign();
        assert_eq!(why(&verifier, &long), None, "{now:?}");
    }
}

#[test]
fn an_issuer_with_another_clock_has_the_same_keys() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let with_clock = issuer.clone().with_clock(SystemClock::new());
    assert_eq!(issuer.jwks(), with_clock.jwks());
    with_clock.rotate().unwrap();
    assert_eq!(why(&verifier, &good(&with_clock).sign()), None);
    let wrong = good(&with_clock).sign_wrongly();
    assert_eq!(why(&verifier, &wrong), Some("the signature is wrong"));
}
