//! D. The signed tokens of vapid, whose key is in the request.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use http::StatusCode;
use serde_json::{Value, json};
use sha2::Sha256;

use crate::support::vapid::{NOW, ORIGIN, Sender, good, server};
use crate::support::{Answer, TestServer, get};

fn refused(server: &TestServer, credentials: &str) -> Answer {
    let answer = server.ask(get("/").authorization(credentials));
    assert_eq!(answer.status, StatusCode::FORBIDDEN, "{credentials}");
    answer
}

fn part(json: &Value) -> String {
    URL_SAFE_NO_PAD.encode(json.to_string())
}

#[test]
fn a055_a_token_of_vapid_without_a_signature_is_refused() {
    let (server, sender) = (server(), Sender::generate());
    for algorithm in ["none", "None", "nOnE", "", "ES256"] {
        let signed = format!("{}.{}", part(&json!({ "alg": algorithm })), part(&good()));
        for signature in ["", "AA"] {
            let token = format!("{signed}.{signature}");
            refused(&server, &format!("vapid t=\"{token}\", k={}", sender.key()));
        }
    }
}

/// The public key is in the request, so everyone can use it as a secret.
#[test]
fn a056_the_key_of_vapid_is_no_secret_of_an_hmac() {
    let (server, sender) = (server(), Sender::generate());
    let point = URL_SAFE_NO_PAD.decode(sender.key()).unwrap();
    for secret in [&point[..], sender.key().as_bytes()] {
        for algorithm in ["HS256", "ES256"] {
            let signed = format!("{}.{}", part(&json!({ "alg": algorithm })), part(&good()));
            let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
            mac.update(signed.as_bytes());
            let mac = URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes());
            refused(
                &server,
                &format!("vapid t={signed}.{mac}, k={}", sender.key()),
            );
        }
    }
}

#[test]
fn a057_vapid_takes_no_key_from_the_header_of_the_token() {
    let (server, sender, attacker) = (server(), Sender::generate(), Sender::generate());
    let point = URL_SAFE_NO_PAD.decode(attacker.key()).unwrap();
    let [x, y] = [&point[1..33], &point[33..]].map(|number| URL_SAFE_NO_PAD.encode(number));
    let jwk = json!({ "kty": "EC", "crv": "P-256", "x": x, "y": y });
    let header = json!({ "alg": "ES256", "jwk": jwk, "jku": "https://evil.example" });
    let token = attacker.token(&header, &good());
    refused(&server, &format!("vapid t={token}, k={}", sender.key()));
    let own = format!("vapid t={token}, k={}", attacker.key());
    server
        .ask(get("/").authorization(own))
        .is_admitted_as(&attacker.key());
}

#[test]
fn a061_a_token_of_vapid_ends_within_24_hours_in_every_spelling_of_its_time() {
    let (server, sender) = (server(), Sender::generate());
    for exp in [
        json!(null),
        json!("x"),
        json!(NOW.to_string()),
        json!(-1),
        json!(0),
        json!(1e308),
        json!(NOW + 86_401),
        json!([NOW + 60]),
        json!(true),
    ] {
        let claims = json!({ "aud": ORIGIN, "exp": exp });
        refused(
            &server,
            &sender.credentials(&json!({ "alg": "ES256" }), &claims),
        );
    }
    let twice = format!(r#"{{"aud":"{ORIGIN}","exp":{0},"exp":{0}}}"#, NOW + 60);
    let twice: Value = serde_json::from_str(&twice).unwrap();
    assert_eq!(twice["exp"], NOW + 60, "this parser takes one of the two");
}

#[test]
fn a063_vapid_compares_the_whole_origin() {
    let (server, sender) = (server(), Sender::generate());
    for aud in [
        json!(null),
        json!(""),
        json!("https://push.example.ne"),
        json!("https://push.example.net.evil.example"),
        json!("https://push.example.net@evil.example"),
        json!("http://push.example.net"),
        json!("*"),
        json!({ "origin": ORIGIN }),
        json!([[ORIGIN]]),
    ] {
        let claims = json!({ "aud": aud, "exp": NOW + 60 });
        refused(
            &server,
            &sender.credentials(&json!({ "alg": "ES256" }), &claims),
        );
    }
}

#[test]
fn a069_a_signature_of_zeros_or_of_another_form_is_none_of_vapid() {
    let (server, sender) = (server(), Sender::generate());
    let token = sender.token(&json!({ "alg": "ES256" }), &good());
    let (signed, right) = token.rsplit_once('.').unwrap();
    let right = URL_SAFE_NO_PAD.decode(right).unwrap();
    let (r, s) = right.split_at(32);
    let der = [&[0x30, 68, 2, 32], r, &[2, 32], s].concat();
    let order = [&[0xff; 4][..], &[0; 4], &[0xff; 8], &[1; 16]].concat();
    for wrong in [
        vec![0; 64],
        [r, &[0; 32]].concat(),
        [&[0; 32], s].concat(),
        [&order[..], &order].concat(),
        [s, r].concat(),
        right[..63].to_vec(),
        [&right[..], &[0]].concat(),
        [&[0], &right[..]].concat(),
        der,
        vec![1; 1025],
    ] {
        let wrong = URL_SAFE_NO_PAD.encode(wrong);
        refused(
            &server,
            &format!("vapid t={signed}.{wrong}, k={}", sender.key()),
        );
    }
    let credentials = format!("vapid t={token}, k={}", sender.key());
    server
        .ask(get("/").authorization(credentials))
        .is_admitted_as(&sender.key());
}
