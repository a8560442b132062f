//! A client of HOBA that makes its texts without the code of this crate, and keys for it.

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{KeyPair, KeySize};
use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_SHA256};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::Value;
use tower_challenge::Principal;
use tower_challenge::audit::AuditOutcome;
use tower_challenge::scheme::Hoba;
use tower_challenge::scheme::hoba::{HobaBuilder, HobaKey, HobaPublicKey};

use super::answer::Answer;
use super::stand::{Boxed, TestServer};
use super::world::TestWorld;

/// The origin of the server in most tests.
pub const ORIGIN: &str = "https://files.example:443";

/// A device: a key pair and its kid.
#[derive(Debug)]
pub struct Device {
    /// The identifier of the key.
    pub kid: String,
    pair: KeyPair,
}

/// A look-up of keys.
pub type Keys = Box<dyn Fn(&str) -> Option<HobaKey> + Send + Sync>;

/// The file of vectors.
#[must_use]
pub fn vectors() -> Value {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/vectors/hoba.json");
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

impl Device {
    /// The key of the vectors.
    #[must_use]
    pub fn of_vectors() -> Self {
        let file = vectors();
        let key = &file["self_generated_key"];
        let pem = key["private_pem"].as_str().unwrap();
        let der = pem.lines().filter(|line| !line.starts_with('-'));
        let der = STANDARD.decode(der.collect::<String>()).unwrap();
        Self {
            kid: key["kid_sha256_of_spki"].as_str().unwrap().to_owned(),
            pair: KeyPair::from_pkcs8(&der).unwrap(),
        }
    }

    /// A new key.
    #[must_use]
    pub fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let mut device = Self {
            kid: String::new(),
            pair,
        };
        device.kid = HobaPublicKey::from_pem(&device.pem()).unwrap().kid();
        device
    }

    /// The same key under another kid.
    #[must_use]
    pub fn named(mut self, kid: &str) -> Self {
        kid.clone_into(&mut self.kid);
        self
    }

    /// The public key in PEM.
    #[must_use]
    pub fn pem(&self) -> String {
        let der = self.pair.public_key().as_der().unwrap();
        let body = STANDARD.encode(der.as_ref());
        let lines = body
            .as_bytes()
            .chunks(64)
            .map(|line| String::from_utf8_lossy(line));
        let lines = lines.collect::<Vec<_>>().join("\n");
        format!("-----BEGIN PUBLIC KEY-----\n{lines}\n-----END PUBLIC KEY-----\n")
    }

    /// The public key.
    #[must_use]
    pub fn public(&self) -> HobaPublicKey {
        HobaPublicKey::from_pem(&self.pem()).unwrap()
    }

    /// The signature of a text, as bytes.
    #[must_use]
    pub fn sign_bytes(&self, text: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.pair.public_modulus_len()];
        let random = SystemRandom::new();
        self.pair
            .sign(&RSA_PKCS1_SHA256, &random, text, &mut signature)
            .unwrap();
        signature
    }

    /// The value of `result` for a challenge, signed for this origin and realm.
    #[must_use]
    pub fn result(&self, origin: &str, realm: &str, challenge: &str, nonce: &str) -> String {
        let parts = [nonce, "0", origin, realm, &self.kid, challenge];
        let text = parts.map(|part| format!("{}:{part}", part.len())).concat();
        let signature = URL_SAFE_NO_PAD.encode(self.sign_bytes(text.as_bytes()));
        format!("{}.{challenge}.{nonce}.{signature}", self.kid)
    }

    /// The value of `Authorization` for a challenge of a server without a realm.
    #[must_use]
    pub fn credentials(&self, challenge: &str, nonce: &str) -> String {
        header(&self.result(ORIGIN, "", challenge, nonce))
    }
}

/// The value of `Authorization` with this result.
#[must_use]
pub fn header(result: &str) -> String {
    format!("HOBA result=\"{result}\"")
}

/// A look-up that knows these devices. Each belongs to the principal with its name.
#[must_use]
pub fn keys(devices: &[(&str, &Device)]) -> Keys {
    let known = devices.iter().map(|(name, device)| {
        let key = HobaKey::new(device.public(), Principal::new(name)).with_account(name);
        (device.kid.clone(), key)
    });
    let known = known.collect::<std::collections::HashMap<_, _>>();
    Box::new(move |kid: &str| known.get(kid).cloned())
}

/// A server that offers HOBA alone, with these keys.
pub fn server(keys: Keys, tune: impl FnOnce(HobaBuilder<Keys>) -> HobaBuilder<Keys>) -> TestServer {
    let scheme = |world: &TestWorld| -> Vec<Boxed> {
        let builder = Hoba::builder(ORIGIN, keys)
            .store(world.store.clone())
            .clock(world.clock.clone());
        vec![Box::new(tune(builder).build().unwrap())]
    };
    TestServer::build(scheme, |layer| layer)
}

/// A challenge of the server.
#[must_use]
pub fn challenge(server: &TestServer) -> String {
    let answer = server.ask(super::get("/")).is_challenged();
    answer.params("HOBA", "challenge").remove(0)
}

/// Asserts that the signature was right and the challenge was not good, and that the response has a new challenge.
pub fn is_stale(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.asked);
    assert_eq!(
        answer.heard[0].outcome,
        AuditOutcome::Stale,
        "{}",
        answer.asked
    );
    assert_eq!(answer.params("HOBA", "challenge").len(), 1);
}
