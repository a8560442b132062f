//! Tests the scheme vapid (RFC 8292), against the vectors and beside other schemes.
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::fs;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::StatusCode;
use serde_json::{Value, json};
use tower_challenge::RequestHead;
use tower_challenge::scheme::vapid::{ApplicationServer, Vapid};
use tower_challenge::scheme::{Attempt, Scheme, SchemeExt, ServerRole, Verdict};
use tower_challenge::throttle::AttemptOutcome;

use self::support::vapid::{NOW, ORIGIN, Sender, clock, good, server, server_at};
use self::support::{Answer, Boxed, TestRequest, TestServer, get};

fn vectors() -> Value {
    let path = format!("{}/tests/vectors/vapid.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn with(row: &Value) -> TestRequest {
    get("/").authorization(row["authorization"].as_str().unwrap())
}

/// The sender of the credentials, outside of a layer.
fn sender(seconds: u64, credentials: &str) -> Option<ApplicationServer> {
    let vapid = Vapid::new(ORIGIN).unwrap().with_clock(clock(seconds));
    let request = get("/").authorization(credentials).into_request();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    match vapid.authenticate(&attempt)?.try_now().ok()?.unwrap() {
        Verdict::Admit(admission) => Some(admission.identity().clone()),
        _ => None,
    }
}

#[test]
fn each_row_of_the_vectors_has_its_answer() {
    let file = vectors();
    let (mut passed, mut skipped) = (0, 0);
    for row in file["cases"].as_array().unwrap() {
        assert!(row["origin"] == ORIGIN, "{row}");
        let Some(now) = row["now"].as_u64() else {
            // The example of the RFC has a span of times, which the next test plays.
            assert_eq!(row["name"], "rfc8292-2.4");
            skipped += 1;
            continue;
        };
        let answer = server_at(now, Vapid::forbid_invalid).ask(with(row));
        let by_default = server_at(now, |vapid| vapid).ask(with(row));
        match row["expect"].as_str().unwrap() {
            "accept" => {
                let key = file["public_key_b64url"].as_str().unwrap();
                answer.is_admitted_as(key);
                by_default.is_admitted_as(key);
            }
            // In this crate, credentials that lack a parameter are `400`.
            "403 (or 400)" => {
                answer.is_malformed();
                by_default.is_malformed();
            }
            expected => {
                assert!(expected.starts_with("403"), "{row}");
                assert_eq!(answer.status, StatusCode::FORBIDDEN, "{row}");
                match code(&by_default) {
                    "vapid_expired" => by_default.is_refused_uncounted(),
                    _ => by_default.is_refused(),
                };
            }
        }
        passed += 1;
    }
    println!("vapid.json: {passed} passed, {skipped} skipped");
    assert_eq!((passed, skipped), (12, 1));
}

#[test]
fn the_example_of_the_rfc_is_good_for_24_hours_before_its_expiry() {
    let file = vectors();
    let row = &file["cases"][0];
    let [from, to] = [0, 1].map(|index| row["valid_at"][index].as_u64().unwrap());
    let ask = |seconds| server_at(seconds, Vapid::forbid_invalid).ask(with(row));
    for seconds in [from, from + 1, to - 1, to] {
        ask(seconds).is_admitted_as(row["k"].as_str().unwrap());
    }
    assert_eq!(code(&ask(from - 1)), "vapid_too_long_lived");
    assert_eq!(code(&ask(to + 1)), "vapid_expired");
    let sender = sender(to, row["authorization"].as_str().unwrap()).unwrap();
    assert_eq!(sender.public_key(), row["k"].as_str().unwrap());
    assert_eq!(sender.contact(), Some("mailto:push@example.com"));
}

fn code(answer: &Answer) -> &str {
    answer.heard[0].code.unwrap()
}

fn changed(name: &str, value: Value) -> Value {
    let mut claims = good();
    claims[name] = value;
    claims
}

#[test]
fn the_claims_decide_after_the_signature() {
    let (server, sender) = (server(), Sender::generate());
    let admitted = |claims: Value| {
        server
            .ask(sender.with_claims(&claims))
            .is_admitted_as(&sender.key());
    };
    admitted(good());
    admitted(changed("aud", json!([ORIGIN, "https://other.example"])));
    admitted(changed("exp", json!(NOW as f64 + 0.5)));
    admitted(changed("sub", json!("https://sender.example")));
    admitted(changed("other", json!({ "a": 1 })));
    for (name, value, code_of) in [
        ("exp", Value::Null, "vapid_claims_unreadable"),
        ("exp", json!("1700000060"), "vapid_claims_unreadable"),
        ("exp", json!(NOW - 1), "vapid_expired"),
        ("exp", json!(-1), "vapid_expired"),
        ("exp", json!(NOW + 86_401), "vapid_too_long_lived"),
        ("exp", json!(1e300), "vapid_too_long_lived"),
        (
            "aud",
            json!("https://push.example.net/"),
            "vapid_another_origin",
        ),
        (
            "aud",
            json!("https://push.example.net:443"),
            "vapid_another_origin",
        ),
        (
            "aud",
            json!("HTTPS://push.example.net"),
            "vapid_another_origin",
        ),
        ("aud", json!("push.example.net"), "vapid_another_origin"),
        ("aud", json!([]), "vapid_another_origin"),
        ("aud", json!(7), "vapid_claims_unreadable"),
        ("sub", json!(7), "vapid_claims_unreadable"),
    ] {
        let answer = server.ask(sender.with_claims(&changed(name, value.clone())));
        assert_eq!(
            (answer.status.as_u16(), code(&answer)),
            (403, code_of),
            "{name}: {value}"
        );
        let counted = match code_of {
            "vapid_expired" => AttemptOutcome::NotCounted,
            _ => AttemptOutcome::Failure,
        };
        assert_eq!(answer.settled, [counted]);
    }
    let mut never = good();
    never.as_object_mut().unwrap().remove("exp");
    assert_eq!(
        code(&server.ask(sender.with_claims(&never))),
        "vapid_never_expires"
    );
}

#[test]
fn only_es256_of_the_key_beside_the_token_is_a_signature() {
    let (server, sender, other) = (server(), Sender::generate(), Sender::generate());
    let ask = |credentials: String| {
        let answer = server.ask(get("/").authorization(credentials));
        assert_eq!(answer.status, StatusCode::FORBIDDEN);
        code(&answer).to_owned()
    };
    let header = |header: Value| ask(sender.credentials(&header, &good()));
    assert_eq!(header(json!({ "alg": "none" })), "jws_unknown_algorithm");
    assert_eq!(header(json!({})), "jws_unknown_algorithm");
    for algorithm in ["HS256", "ES384", "RS256", "EdDSA"] {
        assert_eq!(
            header(json!({ "alg": algorithm })),
            "vapid_another_algorithm"
        );
    }
    assert_eq!(header(json!({ "alg": "es256" })), "jws_unknown_algorithm");
    let critical = json!({ "alg": "ES256", "crit": ["exp"] });
    assert_eq!(header(critical), "jws_critical_extension");
    let proof = json!({ "alg": "ES256", "typ": "dpop+jwt" });
    assert_eq!(header(proof), "jws_another_type");
    let token = sender.token(&json!({ "alg": "ES256" }), &good());
    let mixed = format!("vapid t={token}, k={}", other.key());
    assert_eq!(ask(mixed), "jws_wrong_signature");
    assert_eq!(ask(format!("vapid t=a.b, k={}", sender.key())), "jws_parts");

    // A compressed point, one off the curve, one that is too long, and other alphabets.
    let point = URL_SAFE_NO_PAD.decode(sender.key()).unwrap();
    let compressed = [&[2 + point[64] % 2], &point[1..33]].concat();
    let mut off_curve = point.clone();
    off_curve[64] ^= 1;
    let long = [&point[..], &[0]].concat();
    for key in [compressed, off_curve, long, vec![4; 65], vec![]] {
        let key = URL_SAFE_NO_PAD.encode(key);
        assert_eq!(
            ask(format!("vapid t={token}, k=\"{key}\"")),
            "vapid_not_a_key"
        );
    }
    let padded = format!("vapid t={token}, k=\"{}=\"", sender.key());
    assert_eq!(ask(padded), "vapid_not_a_key");
}

#[test]
fn a_client_without_credentials_is_challenged_and_a_field_without_parameters_is_malformed() {
    let server = server();
    let challenged = server.ask(get("/")).is_challenged();
    assert_eq!(challenged.header("www-authenticate"), Some("vapid"));
    for field in ["vapid", "vapid abc", "vapid t=a", "vapid k=a", "vapid x=1"] {
        let malformed = server.ask(get("/").authorization(field)).is_malformed();
        assert_eq!(code(&malformed), "vapid_parameter_missing", "{field}");
    }
    for field in [
        "vapid t=a, t=b, k=c",
        "vapid t=\"a, k=b",
        "vapid t=a, k=b, K=b",
    ] {
        server.ask(get("/").authorization(field)).is_malformed();
    }
    server
        .ask(get("/").authorization("WebPush abc"))
        .is_challenged();
}

/// A token that has verified once is remembered, and still ends in time.
#[test]
fn a_remembered_token_expires_and_serves_no_other_key() {
    let (sender, other) = (Sender::generate(), Sender::generate());
    let time = clock(NOW);
    let vapid = Vapid::new(ORIGIN).unwrap().with_clock(time.clone());
    let named = vapid.map_identity(|sender| sender.principal());
    let server = TestServer::build(|_| vec![Box::new(named) as Boxed], |layer| layer);
    let ask = || server.ask(sender.with_claims(&good()));
    let token = sender.token(&json!({ "alg": "ES256" }), &good());
    let right = format!("vapid t={token}, k={}", sender.key());
    for _ in 0..2 {
        let again = get("/").authorization(&right);
        server.ask(again).is_admitted_as(&sender.key());
        let mixed = format!("vapid t={token}, k={}", other.key());
        server.ask(get("/").authorization(mixed)).is_refused();
    }
    ask().is_admitted_as(&sender.key());
    time.advance(Duration::from_secs(60));
    server
        .ask(get("/").authorization(&right))
        .is_admitted_as(&sender.key());
    time.advance(Duration::from_secs(1));
    let late = server.ask(get("/").authorization(&right));
    let late = late.is_refused_uncounted();
    assert_eq!(code(&late), "vapid_expired");
    ask().is_refused_uncounted();
}

/// RFC 8292 section 3: the scheme is for origin servers alone.
#[test]
fn a_proxy_offers_no_vapid_and_admits_nobody_by_it() {
    let vapid = Vapid::new(ORIGIN).unwrap().with_clock(clock(NOW));
    let sender = Sender::generate();
    let credentials = sender.credentials(&json!({ "alg": "ES256" }), &good());
    let request = get("/")
        .field("proxy-authorization", credentials)
        .into_request();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Proxy);
    assert!(!vapid.may_claim(&attempt));
    assert!(vapid.authenticate(&attempt).is_none());
    let mut challenges = Vec::new();
    vapid.challenge(&attempt, None, &mut challenges);
    assert!(challenges.is_empty());
}

#[test]
fn an_origin_has_no_path_and_no_default_port() {
    for origin in [
        "https://push.example.net",
        "https://push.example.net:8443",
        "https://[2001:db8::1]",
        "http://127.0.0.1:8080",
        "http://localhost",
    ] {
        assert!(Vapid::new(origin).is_ok(), "{origin}");
    }
    for origin in [
        "",
        "push.example.net",
        "http://push.example.net",
        "https://push.example.net/",
        "https://push.example.net/p",
        "https://push.example.net?x",
        "https://push.example.net:443",
        "https://push.example.net:",
        "https://Push.example.net",
        "https://ada@push.example.net",
        "http://localhost:80",
        "wss://push.example.net",
    ] {
        assert!(Vapid::new(origin).is_err(), "{origin}");
    }
}

#[test]
fn a_sender_is_shown_without_its_token() {
    let server = server();
    let sender = Sender::generate();
    let ask = sender.with_claims(&good());
    let answer = server.ask(ask).is_admitted_as(&sender.key());
    assert_eq!(answer.heard[0].scheme.as_deref(), Some("vapid"));
    let shown = format!("{:?}", Vapid::new(ORIGIN).unwrap());
    assert!(
        shown.contains(ORIGIN) && !shown.contains("cache"),
        "{shown}"
    );
}
