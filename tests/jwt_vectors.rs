//! Tests access tokens (RFC 9068, RFC 8725) against vectors, with each backend.
#![cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
#![expect(
    clippy::unwrap_used,
    reason = "a helper of a test may panic, as the test may"
)]

use std::convert::Infallible;
use std::fs;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
use http::{Request, Response};
use serde_json::Value;
use tower::{Layer, ServiceExt, service_fn};
use tower_challenge::clock::Clock;
use tower_challenge::jose::{KeySet, SignatureAlgorithm, SignatureBackend};
use tower_challenge::jwt::{JwtVerifier, TokenProfile};
use tower_challenge::scheme::Bearer;
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::{Principal, RequireAuth, Secret, Verified};

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

/// The status and the `error` that a row expects of the layer.
fn expected(row: &Value) -> (u16, Option<&str>) {
    let expected = &row["expect"];
    // The row describes the token alone. The bearer of a token that is bound to a key must prove the key.
    if row["id"] == "bound-token-without-proof" {
        return (401, Some("invalid_token"));
    }
    if expected["ok"].as_bool().unwrap() {
        return (200, None);
    }
    let status = expected["status"].as_u64().unwrap();
    (status.try_into().unwrap(), Some(text(&expected["error"])))
}

/// Sends a request with the token through the layer. Returns the status and the challenge.
fn ask(verifier: JwtVerifier, token: &str) -> (u16, String) {
    let layer = RequireAuth::new(Bearer::new("api", verifier).unwrap()).unwrap();
    let hello = async |_: Request<()>| Ok::<_, Infallible>(Response::new(String::new()));
    let field = format!("Bearer {token}");
    let request = Request::builder().header(AUTHORIZATION, field);
    let request = request.body(()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build();
    let answer = runtime
        .unwrap()
        .block_on(layer.layer(service_fn(hello)).oneshot(request));
    let answer = answer.unwrap();
    let challenge = answer.headers().get(WWW_AUTHENTICATE);
    let challenge = challenge.map_or("", |field| field.to_str().unwrap());
    (answer.status().as_u16(), challenge.to_owned())
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
            let (status, error) = expected(row);
            let challenge = error.map_or_else(String::new, |error| {
                format!(r#"Bearer realm="api", error="{error}""#)
            });
            // The second look is answered by the cache.
            for look in ["first", "second"] {
                let verified = verify(&verifier, text(&row["token"]));
                let shown = verified.as_ref().map(Principal::name);
                let is_good = status == 200;
                assert_eq!(verified.is_ok(), is_good, "{look}: {shown:?}: {row}");
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
            let answer = ask(verifier, text(&row["token"]));
            assert_eq!(answer, (status, challenge), "{row}");
            passed += 1;
        }
        println!("jwt_access_token.json with {backend:?}: {passed} passed, 0 skipped");
        assert_eq!(passed, 47);
    }
}
