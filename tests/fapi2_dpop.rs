//! Tests the front door of FAPI 2.0 for tokens that are bound to keys: the items for resource servers of the Security Profile.
#![cfg(feature = "full")]
#![expect(clippy::unwrap_used, reason = "a helper of tests fails as a test does")]

pub mod support;

use std::time::{Duration, SystemTime};

use http::header::WWW_AUTHENTICATE;
use http::{Request, StatusCode};
use serde_json::json;
use sha2::{Digest, Sha256};
use tower::{Layer as _, ServiceExt};
use tower_challenge::RequireAuth;
use tower_challenge::client::SecureTransport;
use tower_challenge::clock::{Clock, SystemClock};
use tower_challenge::jose::SignatureAlgorithm;
use tower_challenge::jwt::{JwtVerifier, JwtVerifierBuilder};
use tower_challenge::policy::scopes;
use tower_challenge::testing::{DpopKey, DpopProof, TestIssuer, TestToken};

use self::support::dpop::{OtherKey, encode};
use self::support::{Body, Probe, TestRequest, get, run};

const ISSUER: &str = "https://as.example";
const API: &str = "https://api.example";

/// A client with a key, and the server that issues its tokens.
struct Client {
    issuer: TestIssuer,
    key: DpopKey,
}

impl Client {
    fn new() -> Self {
        let issuer = TestIssuer::new(ISSUER).unwrap();
        let key = DpopKey::generate().unwrap();
        Self { issuer, key }
    }

    fn verifier(&self) -> JwtVerifierBuilder {
        JwtVerifier::builder(ISSUER, self.issuer.clone()).audience(API)
    }

    fn token(&self) -> TestToken {
        self.issuer.token("ada").audience(API).bound_to(&self.key)
    }

    fn proof(&self, token: &str) -> DpopProof {
        self.key.proof("GET", "https://api.example/").token(token)
    }

    /// Returns the status of the response, and the challenge.
    fn ask(&self, request: TestRequest) -> (StatusCode, String) {
        let layer = RequireAuth::fapi2_dpop("api", API, self.verifier()).unwrap();
        let request: Request<Body> = request.into_request();
        let Ok(response) = run(layer.layer(Probe::new()).oneshot(request));
        let challenge = response.headers().get(WWW_AUTHENTICATE);
        let challenge = challenge.map_or("", |field| field.to_str().unwrap());
        (response.status(), challenge.to_owned())
    }

    fn status(&self, request: TestRequest) -> u16 {
        self.ask(request).0.as_u16()
    }
}

fn with(token: &str, proof: &str) -> TestRequest {
    let request = get("/").authorization(format!("DPoP {token}"));
    request.field("dpop", proof).extension(SecureTransport)
}

#[test]
fn a_bound_token_with_a_proof_over_tls_is_accepted() {
    let client = Client::new();
    let token = client.token().sign();
    let proof = client.proof(&token).sign();
    assert_eq!(
        client.ask(with(&token, &proof)),
        (StatusCode::OK, String::new())
    );
}

#[test]
fn a_request_without_tls_is_refused() {
    let client = Client::new();
    let token = client.token().sign();
    let request = get("/").authorization(format!("DPoP {token}"));
    let request = request.field("dpop", client.proof(&token).sign());
    assert_eq!(client.status(request), 403);
}

#[test]
fn a_token_is_taken_neither_from_the_query_nor_as_bearer() {
    let client = Client::new();
    let token = client.token().sign();
    let proof = client.proof(&token).sign();
    let query = get(&format!("/?access_token={token}"));
    let query = query.field("dpop", &proof).extension(SecureTransport);
    assert_eq!(client.status(query), 401);
    let bearer = get("/").bearer(&token).extension(SecureTransport);
    assert_eq!(client.status(bearer.field("dpop", &proof)), 401);
}

#[test]
fn a_token_that_is_bound_to_no_key_or_to_another_key_is_refused() {
    let client = Client::new();
    let unbound = client.issuer.token("ada").audience(API);
    let other = unbound.clone().bound_to(&DpopKey::generate().unwrap());
    for token in [unbound, other].map(|token| token.sign()) {
        let (status, challenge) = client.ask(with(&token, &client.proof(&token).sign()));
        assert_eq!(status, 401);
        assert!(
            challenge.contains(r#"error="invalid_token""#),
            "{challenge}"
        );
    }
}

#[test]
fn proofs_have_the_algorithms_of_the_profile() {
    let client = Client::new();
    let (status, challenge) = client.ask(get("/").extension(SecureTransport));
    assert_eq!(status, 401);
    assert!(
        challenge.contains(r#"algs="PS256 ES256 EdDSA Ed25519""#),
        "{challenge}"
    );
    for key in OtherKey::all() {
        let algorithm = key.algorithm();
        let token = client.issuer.token("ada").audience(API);
        let token = token
            .claim("cnf", json!({ "jkt": key.thumbprint() }))
            .sign();
        let proof = key.sign(&json!({
            "jti": algorithm, "htm": "GET", "htu": "https://api.example/", "iat": seconds(),
            "ath": encode(Sha256::digest(&token)),
        }));
        let expected = match algorithm {
            "EdDSA" | "PS256" => 200,
            _ => 401,
        };
        assert_eq!(client.status(with(&token, &proof)), expected, "{algorithm}");
    }
}

/// The time in seconds since 1970.
fn seconds() -> u64 {
    let now = SystemClock::new().wall();
    now.duration_since(SystemTime::UNIX_EPOCH)
        .unwrap()
        .as_secs()
}

#[test]
fn the_clock_of_a_client_may_be_ten_seconds_ahead() {
    let client = Client::new();
    let token = client.token().sign();
    let now = SystemClock::new().wall();
    for (ahead, expected) in [(9, 200), (30, 401)] {
        let proof = client.proof(&token).at(now + Duration::from_secs(ahead));
        assert_eq!(
            client.status(with(&token, &proof.sign())),
            expected,
            "{ahead}"
        );
    }
}

#[test]
fn settings_that_the_profile_forbids_are_errors() {
    let client = Client::new();
    let error = |origin: &str, verifier| {
        let error = RequireAuth::fapi2_dpop("api", origin, verifier).err();
        error.map(|error| error.to_string())
    };
    assert_eq!(error(API, client.verifier()), None);
    let rsa = client.verifier().algorithms(&[SignatureAlgorithm::Rs256]);
    assert!(error(API, rsa).unwrap().contains("PS256, ES256 and EdDSA"));
    let strict = client.verifier().leeway(Duration::from_secs(9));
    assert!(error(API, strict).unwrap().contains("at least 10 seconds"));
    assert!(error("api.example", client.verifier()).is_some());
}

#[test]
fn rights_that_do_not_suffice_are_403_with_the_scopes() {
    let client = Client::new();
    let layer = RequireAuth::fapi2_dpop("api", API, client.verifier()).unwrap();
    let layer = layer.policy(scopes("pay").unwrap());
    let token = client.token().scope("read").sign();
    let request = with(&token, &client.proof(&token).sign()).into_request();
    let Ok(response) = run(layer.layer(Probe::new()).oneshot(request));
    assert_eq!(response.status(), 403);
    let challenge = response.headers()[WWW_AUTHENTICATE].to_str().unwrap();
    assert!(
        challenge.contains(r#"error="insufficient_scope", scope="pay""#),
        "{challenge}"
    );
}
