//! Tests the signatures of tokens against vectors, with each backend.
#![cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use tower_challenge::jose::{KeySet, SignatureBackend, VerificationKey};

fn file() -> Value {
    let path = format!("{}/tests/vectors/jws.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn backends() -> impl Iterator<Item = SignatureBackend> {
    let all = [SignatureBackend::AwsLc, SignatureBackend::RustCrypto];
    all.into_iter().filter(|backend| backend.is_enabled())
}

/// The verdict that a row expects from this crate. The verdict of the source is in `expect`, and differs where the
/// source is less strict or damaged.
fn expected(row: &Value) -> &str {
    match row["id"].as_str().unwrap() {
        // The source says invalid: a set with secrets and public keys invites confusion. This crate refuses it, too.
        "wp-key-1" | "wp-crypto-47" => "invalid",
        _ => row["strict_result"].as_str().unwrap(),
    }
}

fn reason_to_skip(row: &Value) -> Option<&'static str> {
    match row["id"].as_str().unwrap() {
        "wp-key-7" | "wp-crypto-46" => Some("a modulus of the ROCA kind is not looked for"),
        _ => None,
    }
}

fn keys(file: &Value, row: &Value, backend: SignatureBackend) -> Option<KeySet> {
    let key = match row["key_ref"].as_str() {
        Some(name) => &file["keys"][name],
        None => &row["key"],
    };
    let set = match key.get("keys") {
        Some(_) => key.to_string(),
        None => format!(r#"{{"keys":[{key}]}}"#),
    };
    KeySet::from_jwks_with(&set, backend).ok()
}

#[test]
fn each_backend_gives_the_expected_verdict_on_every_signature() {
    let file = file();
    for backend in backends() {
        let (mut passed, mut skipped, mut wrong) = (0, 0, Vec::new());
        for row in file["vectors"].as_array().unwrap() {
            if let Some(reason) = reason_to_skip(row) {
                println!("  skipped {}: {reason}", row["id"]);
                skipped += 1;
                continue;
            }
            let keys = keys(&file, row, backend);
            let verified = keys.map(|keys| keys.verify_jws(row["jws"].as_str().unwrap()));
            let is_valid = matches!(verified, Some(Ok(_)));
            if is_valid == (expected(row) == "valid") {
                passed += 1;
            } else {
                wrong.push(format!("{}: {verified:?}, {}", row["id"], row["comment"]));
            }
        }
        println!("jws.json with {backend:?}: {passed} passed, {skipped} skipped");
        assert!(wrong.is_empty(), "{backend:?}:\n{}", wrong.join("\n"));
        assert_eq!((passed, skipped), (349, 2));
    }
}

#[test]
fn thumbprints_are_those_of_the_specifications() {
    let file = file();
    let rows = file["thumbprints"].as_array().unwrap();
    for row in rows {
        let key = VerificationKey::from_jwk(&row["jwk"].to_string()).unwrap();
        let thumbprint = URL_SAFE_NO_PAD.encode(key.thumbprint());
        assert_eq!(row["thumbprint"], *thumbprint, "{row}");
    }
    println!("jws.json, thumbprints: {} passed, 0 skipped", rows.len());
    assert_eq!(rows.len(), 3);
}
