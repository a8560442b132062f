//! Tests HOBA against the vectors of `tests/vectors/hoba.json`, with each backend.
#![cfg(feature = "full")]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

pub mod support;

use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;
use tower_challenge::RequestHead;
use tower_challenge::jose::SignatureBackend;
use tower_challenge::scheme::hoba::message::HobaCredentials;
use tower_challenge::scheme::hoba::proof::ToBeSigned;
use tower_challenge::scheme::hoba::{HobaAlgorithm, HobaKey, HobaOrigin, HobaPublicKey};
use tower_challenge::scheme::{Attempt, Hoba, Scheme, ServerRole, Verdict};
use tower_challenge::throttle::AttemptOutcome;

use self::support::hoba::vectors;

const BACKENDS: [SignatureBackend; 2] = [SignatureBackend::AwsLc, SignatureBackend::RustCrypto];

fn text<'v>(row: &'v Value, name: &str) -> &'v str {
    row[name].as_str().unwrap()
}

/// The public key of a row: that of RFC 7486 appendix B, whose PEM is base64url, or the key of the file.
fn key(file: &Value, row: &Value, backend: SignatureBackend) -> HobaPublicKey {
    let pem = match row["public_key_spki_b64url"].as_str() {
        Some(body) => format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----"),
        None => text(&file["self_generated_key"], "public_pem").to_owned(),
    };
    let algorithm = HobaAlgorithm::from_number(text(row, "alg")).unwrap();
    let key = HobaPublicKey::from_pem_with(&pem, backend).unwrap();
    key.with_algorithm(algorithm).unwrap()
}

/// The `result` of a row, which the field has as a quoted string.
fn result(row: &Value) -> &str {
    let field = text(row, "authorization").strip_prefix("HOBA result=\"");
    field.unwrap().strip_suffix('"').unwrap()
}

/// The text that the client of a row has signed. `None` for a row that has none.
fn signed(row: &Value) -> Option<ToBeSigned<'_>> {
    row["tbs"].as_str()?;
    Some(ToBeSigned {
        nonce: text(row, "nonce"),
        algorithm: HobaAlgorithm::from_number(text(row, "alg")).unwrap(),
        origin: text(row, "origin"),
        realm: text(row, "realm"),
        kid: text(row, "kid"),
        challenge: text(row, "challenge"),
    })
}

/// The origin and the realm of the server that a row refuses, from its `expect`.
fn server_of(row: &Value) -> (&str, &str) {
    match text(row, "name") {
        "self-neg-wrong-origin-port-omitted" => ("https://www.example.com:443", ""),
        "self-neg-wrong-realm" => ("https://www.example.com:443", "members area"),
        _ => (text(row, "origin"), text(row, "realm")),
    }
}

/// Tests the rows with a signature: the text that was signed, and whether a server with its own origin and realm accepts
/// it. Returns whether it does.
fn accepts(file: &Value, row: &Value, backend: SignatureBackend) -> bool {
    let own = signed(row).unwrap();
    assert_eq!(own.to_text(), text(row, "tbs"), "{}", row["name"]);
    let sent = HobaCredentials::parse(result(row)).unwrap();
    assert_eq!((sent.kid, sent.challenge), (own.kid, own.challenge));
    assert_eq!(sent.signature, text(row, "signature"));
    let (origin, realm) = server_of(row);
    // The server knows the nonce from the field alone.
    let expected = ToBeSigned {
        nonce: sent.nonce,
        origin,
        realm,
        ..own
    };
    key(file, row, backend).verify(&expected, sent.signature)
}

#[test]
fn every_row_is_accepted_or_refused_as_it_says() {
    let file = vectors();
    let rows = file["cases"].as_array().unwrap();
    let mut passed = 0;
    for row in rows {
        let (name, expect) = (text(row, "name"), text(row, "expect"));
        match signed(row) {
            Some(_) => {
                for backend in BACKENDS {
                    let is_good = expect.starts_with("accept");
                    assert_eq!(accepts(&file, row, backend), is_good, "{name} {backend:?}");
                }
            }
            None => {
                assert!(expect.starts_with("reject (malformed"), "{name}");
                assert_is_malformed(text(row, "authorization"));
            }
        }
        passed += 1;
    }
    println!("hoba.json: {passed} rows, none skipped");
    assert_eq!(passed, 11);
}

/// Asserts that the scheme answers `400`, and that no key is looked up.
fn assert_is_malformed(field: &str) {
    let scheme = Hoba::builder("https://www.example.com", |_: &str| -> Option<HobaKey> {
        panic!("a key is looked up")
    });
    let scheme = scheme.build().unwrap();
    let request = Request::get("/").header(AUTHORIZATION, field);
    let request = request.body(()).unwrap();
    let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
    let verdict = scheme.authenticate(&attempt).unwrap().try_now().unwrap();
    let Verdict::Refuse(refusal) = verdict.unwrap() else {
        panic!("{field}");
    };
    assert_eq!(refusal.attempt(), AttemptOutcome::Malformed, "{field}");
}

#[test]
fn an_origin_without_a_port_gets_the_default_port() {
    for (given, origin, web) in [
        (
            "https://www.example.com",
            "https://www.example.com:443",
            "https://www.example.com",
        ),
        (
            "HTTPS://WWW.Example.COM/",
            "https://www.example.com:443",
            "https://www.example.com",
        ),
        (
            "https://example.com:443",
            "https://example.com:443",
            "https://example.com",
        ),
        (
            "https://example.com:80",
            "https://example.com:80",
            "https://example.com:80",
        ),
        (
            "http://localhost",
            "http://localhost:80",
            "http://localhost",
        ),
        (
            "http://[::1]:8080",
            "http://[::1]:8080",
            "http://[::1]:8080",
        ),
        (
            "https://[2001:DB8::1]",
            "https://[2001:db8::1]:443",
            "https://[2001:db8::1]",
        ),
    ] {
        let read = HobaOrigin::parse(given).unwrap();
        assert_eq!(
            (read.as_str(), read.as_web_origin()),
            (origin, web),
            "{given}"
        );
    }
}

#[test]
fn a_text_that_is_no_origin_is_refused() {
    for bad in [
        "",
        "example.com",
        "example.com:443",
        "//example.com",
        "http://example.com",
        "ftp://example.com",
        "https://",
        "https://:443",
        "https://example.com:",
        "https://example.com:0",
        "https://example.com:65536",
        "https://example.com/path",
        "https://example.com?q",
        "https://example.com#f",
        "https://ada@example.com",
        "https://example.com\\@evil",
        "https://b\u{fc}cher.example",
        "http://localhost.example.com",
        "http://127.0.0.1.nip.io",
    ] {
        let error = HobaOrigin::parse(bad).expect_err(bad);
        assert!(
            error.to_string().contains("is not an origin for HOBA"),
            "{bad}"
        );
    }
}

#[test]
fn keys_that_are_too_weak_or_of_another_type_are_refused() {
    let ed25519 = "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\n-----END PUBLIC KEY-----\n";
    let rsa_1024 = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCyuUK8qSZ5g9LUSvQEW5hyy4s8\n3bRnv1FGa1DRAkqia9vsvNY2I31K9R37/E9hr7lhglqXAb3wwqOC0prCPbsLhcR2\nK1XMuglyeQtz3Tj00nGlq96QgMg6it9WrqvfhnWjix1nZaLfjjZz//3Wzk+asplQ\n8OCLUFVMXIAhj+vWMwIDAQAB\n-----END PUBLIC KEY-----\n";
    for pem in [
        ed25519,
        rsa_1024,
        "",
        "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----",
    ] {
        for backend in BACKENDS {
            assert!(HobaPublicKey::from_pem_with(pem, backend).is_err(), "{pem}");
        }
    }
}

#[test]
fn a_key_is_the_same_after_a_database() {
    let file = vectors();
    let pem = text(&file["self_generated_key"], "public_pem");
    let key = HobaPublicKey::from_pem(pem).unwrap();
    assert_eq!(key.to_pem(), pem);
    assert_eq!(
        key.kid(),
        text(&file["self_generated_key"], "kid_sha256_of_spki")
    );
    assert_eq!(HobaPublicKey::from_pem(&key.to_pem()).unwrap(), key);
    assert_ne!(
        key.clone().with_algorithm(HobaAlgorithm::RsaSha1).unwrap(),
        key
    );
}
