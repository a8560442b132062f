//! What the claims of a token have to say.

use std::time::{Duration, SystemTime};

use serde_json::{Value, json};
use tower_challenge::clock::ManualClock;
use tower_challenge::testing::TestIssuer;

use crate::support::{API, ISSUER, builder, good, hmac_token, issuer, why};

const MISSING_EXP: &str = "the token never expires (exp is missing)";
const WRONG_TYPE: &str = "a claim has a value of the wrong type";

fn now() -> u64 {
    let now = SystemTime::UNIX_EPOCH.elapsed();
    now.unwrap().as_secs()
}

/// RFC 7519 section 4.1.4: "The "exp" (expiration time) claim identifies the expiration time on or after which the JWT
/// MUST NOT be accepted for processing."
#[test]
fn a061_a_token_is_refused_from_its_expiry_on_and_without_one() {
    let clock = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000));
    let issuer = issuer().with_clock(clock.clone());
    let verifier = builder(issuer.clone()).leeway(Duration::from_secs(60));
    let verifier = verifier.clock(clock.clone()).build().unwrap();
    let token = good(&issuer).lifetime(Duration::from_secs(100)).sign();
    assert_eq!(why(&verifier, &token), None);
    clock.advance(Duration::from_millis(159_999));
    assert_eq!(
        why(&verifier, &token),
        None,
        "remembered, and within the leeway"
    );
    clock.advance(Duration::from_millis(1));
    assert_eq!(why(&verifier, &token), Some("the token has expired"));
    assert_eq!(
        why(&verifier, &good(&issuer).without("exp").sign()),
        Some(MISSING_EXP)
    );
}

#[test]
fn a061_a_date_of_another_type_is_refused_and_never_a_panic() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let refused =
        |name: &str, value: Value| why(&verifier, &good(&issuer).claim(name, value).sign());
    for name in ["exp", "nbf", "iat"] {
        for value in [
            json!("4000000000"),
            json!(null),
            json!([4_000_000_000_u64]),
            json!({}),
            json!(true),
        ] {
            assert_eq!(
                refused(name, value.clone()),
                Some(WRONG_TYPE),
                "{name}: {value}"
            );
        }
    }
    assert_eq!(refused("exp", json!(-1)), Some("the token has expired"));
    assert_eq!(refused("exp", json!(0)), Some("the token has expired"));
    assert_eq!(refused("exp", json!(1e308)), None, "far in the future");
    assert_eq!(refused("exp", json!(u64::MAX)), None);
    assert_eq!(
        refused("nbf", json!(1e308)),
        Some("the token is not valid yet (nbf, iat)")
    );
    assert_eq!(refused("nbf", json!(-1e308)), None);
    assert_eq!(
        refused("exp", json!(now() as f64 + 100.5)),
        None,
        "RFC 7519 section 2 allows fractions"
    );
}

#[test]
fn a061_a_number_that_is_too_large_for_a_float_and_duplicate_claims_are_refused() {
    let secret = [9; 32];
    let key = tower_challenge::jose::VerificationKey::hmac(
        tower_challenge::jose::SignatureAlgorithm::Hs256,
        &secret,
    );
    let keys = tower_challenge::jose::KeySet::new([key.unwrap()]).unwrap();
    let verifier = builder(keys).build().unwrap();
    let token = |claims: String| hmac_token(r#"{"typ":"at+jwt","alg":"HS256"}"#, &claims, &secret);
    let base = format!(r#""iss":"{ISSUER}","aud":"{API}","sub":"ada""#);
    assert_eq!(
        why(&verifier, &token(format!(r#"{{{base},"exp":4000000000}}"#))),
        None
    );
    for claims in [
        format!(r#"{{{base},"exp":1e999}}"#),
        format!(r#"{{{base},"exp":4000000000,"exp":1}}"#),
        format!(r#"{{{base},"exp":1,"exp":4000000000}}"#),
        format!(r#"{{{base},"exp":4000000000,"sub":"root"}}"#),
        format!(r#"{{{base},"exp":4000000000,"act":{{"sub":"a","sub":"b"}}}}"#),
        format!(r#"{{{base},"exp":4000000000}} "#) + "x",
        format!(r#"[{{{base},"exp":4000000000}}]"#),
        "null".to_owned(),
        String::new(),
        "\u{feff}{}".to_owned(),
    ] {
        assert!(why(&verifier, &token(claims.clone())).is_some(), "{claims}");
    }
}

/// RFC 7519 section 4.1.5: the token "MUST NOT be accepted for processing" before `nbf`.
#[test]
fn a061_a_token_of_the_future_is_refused_beyond_the_leeway() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    for name in ["nbf", "iat"] {
        let refused = |seconds: u64| {
            why(
                &verifier,
                &good(&issuer).claim(name, now() + seconds).sign(),
            )
        };
        assert_eq!(refused(20), None, "{name}: within the leeway of 30 seconds");
        assert_eq!(
            refused(40),
            Some("the token is not valid yet (nbf, iat)"),
            "{name}"
        );
    }
    assert_eq!(why(&verifier, &good(&issuer).without("iat").sign()), None);
}

#[test]
fn a061_a_leeway_of_more_than_a_minute_is_a_configuration_error() {
    let with = |seconds| {
        builder(issuer())
            .leeway(Duration::from_secs(seconds))
            .build()
    };
    assert!(with(0).is_ok());
    assert!(with(60).is_ok());
    assert!(with(61).is_err());
}

/// RFC 8725 section 3.8: "When a JWT contains an "iss" (issuer) claim, the application MUST validate that the cryptographic
/// keys used for the cryptographic operations in the JWT belong to the issuer. If they do not, the application MUST reject
/// the JWT."
///
/// RFC 9068 section 4: "The issuer identifier [..] MUST exactly match the value of the "iss" claim."
#[test]
fn a063_the_issuer_is_compared_character_by_character() {
    let verifier = builder(issuer()).build().unwrap();
    for other in [
        "https://as.example/",
        "https://AS.example",
        "https://as.example.mallory.example",
        "http://as.example",
        "as.example",
        "",
    ] {
        // Another tenant of one provider has the same keys.
        let tenant = issuer();
        let token = good(&tenant).claim("iss", other).sign();
        let same_keys = builder(tenant).build().unwrap();
        assert_eq!(
            why(&same_keys, &token),
            Some("the token is of another issuer"),
            "{other}"
        );
    }
    let tenant = issuer();
    let missing = good(&tenant).without("iss").sign();
    let same_keys = builder(tenant.clone()).build().unwrap();
    assert_eq!(
        why(&same_keys, &missing),
        Some("the token has no issuer (iss)")
    );
    let list = good(&tenant).claim("iss", vec![ISSUER]).sign();
    assert_eq!(why(&same_keys, &list), Some(WRONG_TYPE));
    assert!(why(&verifier, &good(&tenant).sign()).is_some());
    let alias = builder(tenant.clone())
        .issuer_alias("as.example")
        .build()
        .unwrap();
    assert_eq!(
        why(&alias, &good(&tenant).claim("iss", "as.example").sign()),
        None
    );
}

/// RFC 8725 section 3.9: "the relying party or application MUST validate the audience value, and if the audience value is
/// not present or not associated with the recipient, it MUST reject the JWT."
///
/// RFC 9068 section 4: "The resource server MUST validate that the "aud" claim contains a resource indicator value
/// corresponding to an identifier the resource server expects for itself."
#[test]
fn a063_the_audience_is_one_of_ours_as_a_whole() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).audience("urn:api").build().unwrap();
    let refused = |aud: Value| why(&verifier, &good(&issuer).claim("aud", aud).sign());
    for good in [
        json!(API),
        json!("urn:api"),
        json!([API]),
        json!(["other", API]),
        json!([API, API]),
    ] {
        assert_eq!(refused(good.clone()), None, "{good}");
    }
    let other = Some("the token is for another audience");
    for aud in [
        json!("https://api.example/"),
        json!("https://api.exampl"),
        json!("https://api.example.org"),
        json!("HTTPS://api.example"),
        json!(""),
        json!([]),
        json!(["https://other.example"]),
        json!("https://api.example urn:api"),
    ] {
        assert_eq!(refused(aud.clone()), other, "{aud}");
    }
    for aud in [
        json!(5),
        json!(null),
        json!([5]),
        json!([API, 5]),
        json!({ API: 1 }),
    ] {
        assert_eq!(refused(aud.clone()), Some(WRONG_TYPE), "{aud}");
    }
    assert_eq!(
        why(&verifier, &good(&issuer).without("aud").sign()),
        Some("the token is for no audience (aud is missing)")
    );
}

/// RFC 8725 section 3.11: "Explicit JWT typing is accomplished by using the "typ" Header Parameter."
///
/// RFC 9068 section 4: "The resource server MUST verify that the "typ" header value is "at+jwt" or "application/at+jwt"
/// and reject tokens carrying any other value."
#[test]
fn a064_another_kind_of_token_is_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    for typ in [
        "at+jwt",
        "AT+JWT",
        "application/at+jwt",
        "Application/At+Jwt",
    ] {
        assert_eq!(
            why(&verifier, &good(&issuer).header("typ", typ).sign()),
            None,
            "{typ}"
        );
    }
    let other = Some("the token is of another kind (typ)");
    for typ in [
        "JWT",
        "jwt",
        "",
        "dpop+jwt",
        "logout+jwt",
        "application/dpop+jwt",
        "at+jwt ",
        "text/at+jwt",
        "at+jwt; x=1",
        "application/application/at+jwt",
    ] {
        assert_eq!(
            why(&verifier, &good(&issuer).header("typ", typ).sign()),
            other,
            "{typ:?}"
        );
    }
    assert_eq!(
        why(&verifier, &good(&issuer).without_header("typ").sign()),
        other
    );
    let list = good(&issuer).header("typ", vec!["at+jwt"]).sign();
    assert_eq!(why(&verifier, &list), Some("the header is not valid JSON"));
}

/// A token that is bound to a key must not be accepted without a proof of that key (RFC 9449 section 7.1).
#[test]
fn a074_a_token_that_is_bound_to_a_key_is_refused_as_a_bearer_token() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    for cnf in [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "AA"}),
        json!({}),
        json!(null),
    ] {
        let token = good(&issuer).claim("cnf", cnf.clone()).sign();
        assert!(
            why(&verifier, &token)
                .unwrap_or_default()
                .contains("bound to a key"),
            "{cnf}"
        );
    }
}

/// RFC 8725 section 3.8: "If the issuer, subject, or the pair are invalid, the application MUST reject the JWT."
#[test]
fn a_token_without_a_subject_is_refused() {
    let issuer = issuer();
    let verifier = builder(issuer.clone()).build().unwrap();
    let missing = Some("the token has no subject (sub)");
    assert_eq!(
        why(&verifier, &good(&issuer).without("sub").sign()),
        missing
    );
    assert_eq!(
        why(&verifier, &good(&issuer).claim("sub", "").sign()),
        missing
    );
    assert_eq!(
        why(&verifier, &good(&issuer).claim("sub", 1).sign()),
        Some(WRONG_TYPE)
    );
}

#[test]
fn the_builder_refuses_what_would_admit_every_caller_or_none() {
    use tower_challenge::jwt::{JwtVerifier, TokenProfile};
    let keys = || TestIssuer::new(ISSUER).unwrap();
    let text =
        |result: Result<JwtVerifier, tower_challenge::ConfigError>| result.unwrap_err().to_string();
    assert_eq!(
        text(JwtVerifier::builder(ISSUER, keys()).build()),
        "no audience is configured: name the `aud` that stands for this server"
    );
    assert!(text(JwtVerifier::builder("", keys()).audience(API).build()).contains("issuer"));
    assert!(text(builder(keys()).audience("").build()).contains("audience"));
    assert!(text(builder(keys()).algorithms(&[]).build()).contains("algorithm"));
    let profile = TokenProfile::access_token().require_one_of(&["client_id"], &[]);
    assert!(text(builder(keys()).profile(profile).build()).contains("permitted value"));
    assert!(
        text(builder(keys()).profile(TokenProfile::cognito(&[])).build())
            .contains("permitted value")
    );
    let profile = TokenProfile::access_token().scopes_in(&[]);
    assert!(text(builder(keys()).profile(profile).build()).contains("path"));
    assert!(builder(keys()).build().is_ok());
}
