//! An application server that signs tokens of vapid without the code of this crate.

use std::time::{Duration, UNIX_EPOCH};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use tower_challenge::clock::ManualClock;
use tower_challenge::scheme::SchemeExt;
use tower_challenge::scheme::vapid::Vapid;

use super::request::{TestRequest, get};
use super::stand::TestServer;

/// The origin of the push service.
pub const ORIGIN: &str = "https://push.example.net";

/// The time of most requests, in seconds.
pub const NOW: u64 = 1_700_000_000;

/// Makes a clock that stands at `seconds`.
#[must_use]
pub fn clock(seconds: u64) -> ManualClock {
    ManualClock::new(UNIX_EPOCH + Duration::from_secs(seconds))
}

/// Makes a push service. Its callers are named by their keys.
pub fn server_at(seconds: u64, tune: impl FnOnce(Vapid) -> Vapid) -> TestServer {
    let vapid = tune(Vapid::new(ORIGIN).unwrap().with_clock(clock(seconds)));
    let named = vapid.map_identity(|sender| sender.principal());
    TestServer::build(|_| vec![Box::new(named)], |layer| layer)
}

/// Makes a push service that answers an invalid token with `403`.
#[must_use]
pub fn server() -> TestServer {
    server_at(NOW, Vapid::forbid_invalid)
}

/// Returns the claims of a good token.
#[must_use]
pub fn good() -> Value {
    json!({ "aud": ORIGIN, "exp": NOW + 60 })
}

/// An application server: a key pair.
#[derive(Debug)]
pub struct Sender(EcdsaKeyPair);

impl Sender {
    /// Makes a key pair.
    #[must_use]
    pub fn generate() -> Self {
        Self(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap())
    }

    /// Returns the public key, as the parameter `k` has it.
    #[must_use]
    pub fn key(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.public_key())
    }

    /// Signs a token with these contents.
    #[must_use]
    pub fn token(&self, header: &Value, claims: &Value) -> String {
        let parts = [header, claims].map(|part| URL_SAFE_NO_PAD.encode(part.to_string()));
        let signed = parts.join(".");
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.unwrap());
        format!("{signed}.{signature}")
    }

    /// Returns the field value with a token of these contents.
    #[must_use]
    pub fn credentials(&self, header: &Value, claims: &Value) -> String {
        format!("vapid t={}, k={}", self.token(header, claims), self.key())
    }

    /// Returns a request with a token of these claims.
    #[must_use]
    pub fn with_claims(&self, claims: &Value) -> TestRequest {
        let header = json!({ "typ": "JWT", "alg": "ES256" });
        get("/").authorization(self.credentials(&header, claims))
    }
}
