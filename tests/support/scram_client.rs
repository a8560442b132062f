//! A client of SCRAM, written from RFC 5802 and RFC 7804 without the code of this crate.

use std::collections::HashMap;
use std::fmt::Display;
use std::sync::Mutex;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256};
use tower_challenge::header::Challenge;

/// The first credentials of an exchange. A test can set each part, also to a wrong value.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields have the names of RFC 5802")]
pub struct ScramLogin {
    pub user: String,
    pub password: String,
    pub gs2_header: String,
    pub nonce: String,
    /// The text behind the nonce: extensions, each after a comma.
    pub extensions: String,
    pub realm: Option<String>,
    pub mechanism: String,
}

/// The last credentials of an exchange. A test can change each part after the proof has been computed.
#[derive(Clone, Debug)]
#[expect(missing_docs, reason = "the fields have the names of RFC 5802")]
pub struct ScramProof {
    pub mechanism: String,
    pub sid: String,
    pub channel_binding: String,
    pub nonce: String,
    pub extensions: String,
    pub proof: Vec<u8>,
    /// The signature that the server must send.
    pub server_signature: Vec<u8>,
}

impl ScramLogin {
    /// A login of this user with `SCRAM-SHA-256`.
    #[must_use]
    pub fn of(user: &str, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            gs2_header: "n,,".to_owned(),
            nonce: "fyko+d2lbbFgONRv9qkxdawL".to_owned(),
            extensions: String::new(),
            realm: None,
            mechanism: "SCRAM-SHA-256".to_owned(),
        }
    }

    /// Applies `change`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    fn bare(&self) -> String {
        let name = self.user.replace('=', "=3D").replace(',', "=2C");
        format!("n={name},r={}{}", self.nonce, self.extensions)
    }

    /// The value of the credentials field.
    #[must_use]
    pub fn header(&self) -> String {
        self.header_of(format!("{}{}", self.gs2_header, self.bare()))
    }

    /// The value of the credentials field with this message in place of the own one.
    #[must_use]
    pub fn header_of(&self, message: impl AsRef<[u8]>) -> String {
        let realm = self.realm.as_ref();
        let realm = realm.map_or_else(String::new, |realm| format!("realm=\"{realm}\", "));
        let data = STANDARD.encode(message);
        format!("{} {realm}data=\"{data}\"", self.mechanism)
    }

    /// Answers the second challenge.
    #[must_use]
    pub fn answer(&self, challenge: &Challenge) -> ScramProof {
        let sid = text(challenge, "sid");
        let message = STANDARD.decode(text(challenge, "data")).unwrap();
        self.answer_message(&sid, &String::from_utf8(message).unwrap())
    }

    /// Logs in again with one request (RFC 7804 section 5.1): `challenge` is that of an earlier exchange, and `sr` the nonce
    /// of the server.
    #[must_use]
    pub fn again(&self, challenge: &Challenge, count: impl Display, sr: &str) -> ScramProof {
        let message = STANDARD.decode(text(challenge, "data")).unwrap();
        let message = String::from_utf8(message).unwrap();
        let (_, salt_and_iterations) = message.split_once(",s=").unwrap();
        let server_first = format!("r={}{count}{sr},s={salt_and_iterations}", self.nonce);
        self.answer_message(&text(challenge, "sid"), &server_first)
    }

    fn answer_message(&self, sid: &str, server_first: &str) -> ScramProof {
        let parts = server_first.split(',').collect::<Vec<_>>();
        let [nonce, salt, iterations] = [0, 1, 2].map(|i| &parts[i][2..]);
        let salt = STANDARD.decode(salt).unwrap();
        let key = salted_password(&self.password, &salt, iterations.parse().unwrap());
        let channel_binding = STANDARD.encode(&self.gs2_header);
        let without_proof = format!("c={channel_binding},r={nonce}{}", self.extensions);
        let messages = format!("{},{server_first},{without_proof}", self.bare());
        let client_key = hmac(&key, b"Client Key");
        let stored_key = Sha256::digest(client_key);
        let signature = hmac(&stored_key, messages.as_bytes());
        let proof = client_key.iter().zip(signature).map(|(a, b)| a ^ b);
        ScramProof {
            mechanism: self.mechanism.clone(),
            sid: sid.to_owned(),
            channel_binding,
            nonce: nonce.to_owned(),
            extensions: self.extensions.clone(),
            proof: proof.collect(),
            server_signature: hmac(&hmac(&key, b"Server Key"), messages.as_bytes()).to_vec(),
        }
    }
}

impl ScramProof {
    /// Applies `change`.
    #[must_use]
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// The final message.
    #[must_use]
    pub fn message(&self) -> String {
        let proof = STANDARD.encode(&self.proof);
        format!(
            "c={},r={}{},p={proof}",
            self.channel_binding, self.nonce, self.extensions
        )
    }

    /// The value of the credentials field.
    #[must_use]
    pub fn header(&self) -> String {
        self.header_of(self.message())
    }

    /// The value of the credentials field with this message in place of the own one.
    #[must_use]
    pub fn header_of(&self, message: impl AsRef<[u8]>) -> String {
        let data = STANDARD.encode(message);
        format!("{} sid=\"{}\", data=\"{data}\"", self.mechanism, self.sid)
    }

    /// The `Authentication-Info` that the server must send.
    #[must_use]
    pub fn info(&self) -> String {
        let message = format!("v={}", STANDARD.encode(&self.server_signature));
        format!(
            "sid=\"{}\", data=\"{}\"",
            self.sid,
            STANDARD.encode(message)
        )
    }
}

/// The value of a parameter of a challenge.
#[must_use]
pub fn text(challenge: &Challenge, name: &str) -> String {
    let value = challenge.param(name).unwrap();
    value.to_str().unwrap().into_owned()
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// PBKDF2 with one block. A test asks often for the same password and salt, so the results are kept.
fn salted_password(password: &str, salt: &[u8], iterations: u32) -> [u8; 32] {
    type Known = HashMap<(String, Vec<u8>, u32), [u8; 32]>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let question = (password.to_owned(), salt.to_vec(), iterations);
    if let Some(known) = KNOWN.lock().unwrap().get_or_insert_default().get(&question) {
        return *known;
    }
    let keyed = Hmac::<Sha256>::new_from_slice(password.as_bytes()).unwrap();
    let next = |text: &[u8]| -> [u8; 32] {
        let mut mac = keyed.clone();
        mac.update(text);
        mac.finalize().into_bytes().into()
    };
    let mut block = next(&[salt, &[0, 0, 0, 1]].concat());
    let mut sum = block;
    for _ in 1..iterations {
        block = next(&block);
        for (to, from) in sum.iter_mut().zip(block) {
            *to ^= from;
        }
    }
    KNOWN
        .lock()
        .unwrap()
        .get_or_insert_default()
        .insert(question, sum);
    sum
}

/// The example of RFC 7677 section 3.
#[test]
fn the_client_computes_the_proof_of_the_example_in_the_rfc() {
    let login = ScramLogin::of("user", "pencil").with(|login| {
        login.nonce = "rOprNGfwEbeRWgbNEkqO".to_owned();
    });
    let nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
    let server_first = format!("r={nonce},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
    let last = login.answer_message("x", &server_first);
    let proof = "dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(last.message(), format!("c=biws,r={nonce},p={proof}"));
    let signature = STANDARD.encode(&last.server_signature);
    assert_eq!(signature, "6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
}
