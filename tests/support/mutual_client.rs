//! A client of Mutual that writes its messages itself, so that a test can change each part. It computes with the functions
//! of `scheme::mutual::proof`, which `tests/mutual_vectors.rs` tests by themselves.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha512};
use tower_challenge::Secret;
use tower_challenge::header::Challenge;
use tower_challenge::scheme::mutual::proof::{ClientKey, PasswordKey, SessionSecret};
use tower_challenge::scheme::mutual::{HostValidation, MutualAlgorithm, MutualSpace};

use super::canary::REALM;
use super::scram_client::text;

/// The origin of the server of the tests, and its auth-scope.
pub const ORIGIN: &str = "https://example.org";

/// A parameter: its name and its value, with quotes if it has them.
pub type MutualParam = (&'static str, String);

/// A user with a password, in a protection space.
#[derive(Clone)]
#[expect(
    missing_docs,
    missing_debug_implementations,
    reason = "a test needs neither"
)]
pub struct MutualLogin {
    pub user: String,
    pub password: String,
    pub space: MutualSpace,
    pub host: HostValidation,
}

/// An exchange that the client has begun.
#[expect(
    missing_docs,
    missing_debug_implementations,
    reason = "a test needs neither"
)]
pub struct MutualBegin {
    pub login: MutualLogin,
    pub key: ClientKey,
}

/// A session that the client has begun.
#[derive(Clone)]
#[expect(
    missing_docs,
    missing_debug_implementations,
    reason = "a test needs neither"
)]
pub struct MutualTurns {
    pub login: MutualLogin,
    pub sid: String,
    pub secret: SessionSecret,
}

impl MutualLogin {
    /// A login of this user with P-256 in the realm of the tests.
    #[must_use]
    pub fn of(user: &str, password: &str) -> Self {
        Self::with(MutualAlgorithm::P256, user, password)
    }

    /// The same with another algorithm.
    #[must_use]
    pub fn with(algorithm: MutualAlgorithm, user: &str, password: &str) -> Self {
        Self {
            user: user.to_owned(),
            password: password.to_owned(),
            space: MutualSpace::new(algorithm, ORIGIN, REALM).unwrap(),
            host: HostValidation::https_without_certificate(ORIGIN).unwrap(),
        }
    }

    /// Begins an exchange with a key that no other has.
    #[must_use]
    pub fn begin(&self) -> MutualBegin {
        static COUNT: AtomicU64 = AtomicU64::new(1);
        let algorithm = self.space.algorithm();
        let count = COUNT.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let mut exponent = Sha512::digest(count).to_vec();
        exponent.resize(algorithm.exponent_len(), 7);
        exponent[0] &= 1;
        MutualBegin {
            login: self.clone(),
            key: ClientKey::new(algorithm, &exponent).unwrap(),
        }
    }

    /// The parameters with which all messages begin.
    fn beginning(&self) -> Vec<MutualParam> {
        vec![
            ("version", "1".to_owned()),
            ("algorithm", self.space.algorithm().name().to_owned()),
            ("validation", self.host.name().to_owned()),
            ("auth-scope", quoted(self.space.auth_scope())),
            ("realm", quoted(self.space.realm())),
        ]
    }

    /// A number as the algorithm writes it.
    #[must_use]
    pub fn number(&self, bytes: &[u8]) -> String {
        match self.space.algorithm() {
            MutualAlgorithm::P256 | MutualAlgorithm::P521 => {
                bytes.iter().map(|byte| format!("{byte:02x}")).collect()
            }
            _ => quoted(&STANDARD.encode(bytes)),
        }
    }
}

impl MutualBegin {
    /// The parameters of the first message.
    #[must_use]
    pub fn params(&self) -> Vec<MutualParam> {
        let mut params = self.login.beginning();
        params.push(("user", quoted(&self.login.user)));
        params.push(("kc1", self.login.number(self.key.element())));
        params
    }

    /// The value of the credentials field.
    #[must_use]
    pub fn header(&self) -> String {
        written(&self.params())
    }

    /// Reads the key of the server.
    #[must_use]
    pub fn answer(&self, challenge: &Challenge) -> MutualTurns {
        let ks1 = text(challenge, "ks1");
        let ks1 = match self.login.space.algorithm() {
            MutualAlgorithm::P256 | MutualAlgorithm::P521 => from_hex(&ks1),
            _ => STANDARD.decode(ks1).unwrap(),
        };
        let password = password_key(&self.login);
        MutualTurns {
            secret: self.key.agree(&password, &ks1).unwrap(),
            sid: text(challenge, "sid"),
            login: self.login.clone(),
        }
    }
}

impl MutualTurns {
    /// The parameters of a proof with this count.
    #[must_use]
    pub fn params(&self, nc: u64) -> Vec<MutualParam> {
        let vkc = self.secret.client_proof(nc, self.login.host.value());
        let mut params = self.login.beginning();
        params.push(("sid", self.sid.clone()));
        params.push(("nc", nc.to_string()));
        params.push(("vkc", self.login.number(vkc.as_bytes())));
        params
    }

    /// The value of the credentials field with this count.
    #[must_use]
    pub fn header(&self, nc: u64) -> String {
        written(&self.params(nc))
    }

    /// The `Authentication-Info` that the server must send.
    #[must_use]
    pub fn info(&self, nc: u64) -> String {
        let vks = self.secret.server_proof(nc, self.login.host.value());
        let (sid, vks) = (&self.sid, self.login.number(vks.as_bytes()));
        format!("version=1, sid={sid}, vks={vks}")
    }
}

/// Writes credentials.
#[must_use]
pub fn written(params: &[MutualParam]) -> String {
    let params = params.iter().map(|(name, value)| format!("{name}={value}"));
    format!("Mutual {}", params.collect::<Vec<_>>().join(", "))
}

/// The parameters with another value for one of them, or without it.
#[must_use]
pub fn changed(params: Vec<MutualParam>, name: &str, value: Option<&str>) -> Vec<MutualParam> {
    let change = |(known, old): MutualParam| match (known == name, value) {
        (true, Some(new)) => Some((known, new.to_owned())),
        (true, None) => None,
        (false, _) => Some((known, old)),
    };
    params.into_iter().filter_map(change).collect()
}

/// The text as a quoted-string.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The bytes that these hexadecimal digits write.
#[must_use]
pub fn from_hex(digits: &str) -> Vec<u8> {
    let pairs = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| std::str::from_utf8(pair).unwrap());
    pairs
        .map(|pair| u8::from_str_radix(pair, 16).unwrap())
        .collect()
}

/// The hash of a password. A test asks often for the same one, so the results are kept.
#[must_use]
pub fn password_key(login: &MutualLogin) -> Arc<PasswordKey> {
    type Known = HashMap<String, Arc<PasswordKey>>;
    static KNOWN: Mutex<Option<Known>> = Mutex::new(None);
    let question = format!("{:?} {} {}", login.space, login.user, login.password);
    let mut known = KNOWN.lock().unwrap();
    let key = known
        .get_or_insert_default()
        .entry(question)
        .or_insert_with(|| {
            let password = Secret::new(&login.password);
            Arc::new(PasswordKey::new(&login.space, &login.user, password))
        });
    Arc::clone(key)
}
