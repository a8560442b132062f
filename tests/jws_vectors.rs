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

/// RFC 8017 section 5.2.2: "If the signature representative s is not between 0 and n - 1, output "signature representative
/// out of range" and stop." Otherwise a token would have two spellings.
#[test]
fn each_backend_refuses_an_rsa_signature_that_is_not_below_the_modulus() {
    let file = file();
    for backend in backends() {
        let mut tried = std::collections::BTreeSet::new();
        for row in file["vectors"].as_array().unwrap() {
            let token = row["jws"].as_str().unwrap();
            let key = match row["key_ref"].as_str() {
                Some(name) => &file["keys"][name],
                None => &row["key"],
            };
            let (Some(modulus), "valid") = (key["n"].as_str(), expected(row)) else {
                continue;
            };
            let (signed, signature) = token.rsplit_once('.').unwrap();
            let [modulus, signature] = [modulus, signature].map(|text| {
                let number = URL_SAFE_NO_PAD.decode(text);
                number.unwrap()
            });
            let Some(sum) = sum(&modulus, &signature) else {
                continue;
            };
            let keys = keys(&file, row, backend).unwrap();
            assert!(keys.verify_jws(token).is_ok(), "{row}");
            let other = format!("{signed}.{}", URL_SAFE_NO_PAD.encode(sum));
            assert!(keys.verify_jws(&other).is_err(), "{backend:?}: {row}");
            let header = URL_SAFE_NO_PAD.decode(token.split('.').next().unwrap());
            let header: Value = serde_json::from_slice(&header.unwrap()).unwrap();
            tried.insert(header["alg"].as_str().unwrap()[..2].to_owned());
        }
        assert_eq!(tried.iter().collect::<Vec<_>>(), ["PS", "RS"]);
    }
}

/// The sum of two big-endian numbers of one length, if it has no more bytes.
fn sum(one: &[u8], other: &[u8]) -> Option<Vec<u8>> {
    assert_eq!(one.len(), other.len());
    let mut carry = 0;
    let digits = one.iter().zip(other).rev().map(|(one, other)| {
        let digit = u16::from(*one) + u16::from(*other) + carry;
        carry = digit >> 8;
        digit.to_le_bytes()[0]
    });
    let mut sum = digits.collect::<Vec<_>>();
    sum.reverse();
    (carry == 0).then_some(sum)
}

/// The key of RFC 8037 appendix A. The signature has the neutral point as `R`, which the owner of the key can choose. The
/// equation of RFC 8032 section 5.1.7 holds.
#[test]
fn each_backend_refuses_an_ed25519_signature_with_a_point_of_small_order() {
    let key = r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;
    let token = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAARSB3\
                 Qh0XXPsHns-7iMllhXfpnzaMxcXb5RwiiIijrCw";
    for backend in backends() {
        let key = VerificationKey::from_jwk_with(key, backend).unwrap();
        let keys = KeySet::new([key]).unwrap();
        assert!(keys.verify_jws(token).is_err(), "{backend:?}");
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
