//! Tests access tokens (RFC 9068, RFC 8725) against vectors, with each backend.
#![cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tower_challenge::clock::Clock;
use tower_challenge::jose::{KeySet, SignatureAlgorithm, SignatureBackend};
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::{Principal, Secret, Verified};

/// The time of the vectors.
#[derive(Debug)]
struct Frozen(u64);

impl Clock for Frozen {
    fn wall(&self) -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(self.0)
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}

fn file() -> Value {
    let path = format!(
        "{}/tests/vectors/jwt_access_token.json",
        env!("CARGO_MANIFEST_DIR")
    );
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

fn verifier(file: &Value, row: &Value, backend: SignatureBackend) -> JwtVerifier {
    let config = |name| match &row["config_overrides"][name] {
        Value::Null => &file["config"][name],
        other => other,
    };
    let algorithms = config("algs").as_array().unwrap().iter();
    let algorithms = algorithms.map(|name| SignatureAlgorithm::from_name(text(name)).unwrap());
    let keys = KeySet::from_jwks_with(&file["jwks"].to_string(), backend).unwrap();
    JwtVerifier::builder(text(config("issuer")), keys)
        .audience(text(config("audience")))
        .algorithms(&algorithms.collect::<Vec<_>>())
        .leeway(Duration::from_secs(config("leeway").as_u64().unwrap()))
        .profile(TokenProfile::rfc9068())
        .clock(Frozen(config("now").as_u64().unwrap()))
        .build()
        .unwrap()
}

fn verify(verifier: &JwtVerifier, token: &str) -> Verified<Principal> {
    let answer = verifier.verify(Secret::new(token)).try_now();
    answer
        .unwrap_or_else(|_| unreachable!("the keys are in memory"))
        .unwrap()
}

/// Whether this crate accepts the token of a row.
fn is_good(row: &Value) -> bool {
    match text(&row["id"]) {
        // The row describes the token alone. The bearer of a token that is bound to a key must prove the key.
        "bound-token-without-proof" => false,
        _ => row["expect"]["ok"].as_bool().unwrap(),
    }
}

#[test]
fn each_backend_gives_the_expected_verdict_on_every_access_token() {
    let file = file();
    for backend in [SignatureBackend::AwsLc, SignatureBackend::RustCrypto] {
        if !backend.is_enabled() {
            continue;
        }
        let mut passed = 0;
        for row in file["vectors"].as_array().unwrap() {
            let verifier = verifier(&file, row, backend);
            // The second look is answered by the cache.
            for look in ["first", "second"] {
                let verified = verify(&verifier, text(&row["token"]));
                let shown = verified.as_ref().map(Principal::name);
                assert_eq!(verified.is_ok(), is_good(row), "{look}: {shown:?}: {row}");
                if let Ok(caller) = verified {
                    assert_eq!(
                        caller.name(),
                        text(&row["decoded"]["payload"]["sub"]),
                        "{row}"
                    );
                    let scopes = row["decoded"]["payload"]["scope"].as_str();
                    assert_eq!(
                        caller.scopes().to_string(),
                        scopes.unwrap_or_default(),
                        "{row}"
                    );
                }
            }
            passed += 1;
        }
        println!("jwt_access_token.json with {backend:?}: {passed} passed, 0 skipped");
        assert_eq!(passed, 47);
    }
}
