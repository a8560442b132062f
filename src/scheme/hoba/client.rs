//! The side of a client, as pure functions: what it signs, and what it sends.
//!
//! They do no I/O and hold no key. The client brings the signature as a closure, and sixteen random bytes for its nonce.
//!
//! ```
//! use tower_challenge::header::Challenge;
//! use tower_challenge::scheme::hoba::client::{HobaChallenge, authorization, register_form, with_invitation};
//! use tower_challenge::scheme::hoba::{HobaAlgorithm, HobaOrigin};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let sign = |_: &[u8]| Ok::<_, std::convert::Infallible>(vec![7; 256]);
//! # let random = [7; 16];
//! let challenge = Challenge::parse(br#"HOBA challenge="a3d0", max-age="0", realm="files""#)?;
//! let challenge = HobaChallenge::read(&challenge).ok_or("no challenge of HOBA")?;
//! assert_eq!((challenge.challenge(), challenge.realm(), challenge.max_age()), ("a3d0", "files", 0));
//!
//! let origin = HobaOrigin::parse("https://example.com")?;
//! let field = authorization(&challenge, &origin, "a2lk", HobaAlgorithm::RsaSha256, random, sign)?;
//! assert!(field.to_str()?.starts_with(r#"HOBA result="a2lk.a3d0.BwcHBwcHBwcHBwcHBwcHBw.BwcH"#));
//!
//! let form = register_form("-----BEGIN", None, Some("my phone"));
//! assert_eq!(form, "pub=-----BEGIN&didtype=0&did=my%20phone");
//! assert_eq!(with_invitation(&form, "k3y"), "pub=-----BEGIN&didtype=0&did=my%20phone&join=k3y");
//! # Ok(())
//! # }
//! ```

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::HeaderValue;

use super::algorithm::HobaAlgorithm;
use super::message::HobaCredentials;
use super::origin::HobaOrigin;
use super::proof::ToBeSigned;
use crate::header::{Challenge, SchemeName};
use crate::text::percent::{encode, is_unreserved};

/// A challenge that a server sent (RFC 7486 section 3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HobaChallenge {
    challenge: String,
    realm: String,
    max_age: u64,
}

impl HobaChallenge {
    /// Reads a challenge of `WWW-Authenticate`. Returns `None` if it is of another scheme, if it has no `challenge` or no
    /// `max-age`, or if a value is not what RFC 7486 section 3 allows.
    #[must_use]
    pub fn read(challenge: &Challenge) -> Option<Self> {
        let text = |name| challenge.param(name)?.to_str();
        let is_hoba = challenge.scheme() == SchemeName::HOBA;
        let realm = match challenge.param("realm") {
            None => String::new(),
            Some(realm) => realm.to_str()?.into_owned(),
        };
        let max_age = text("max-age")?.parse().ok()?;
        let read = Self::of_body(&text("challenge")?, &realm, max_age)?;
        is_hoba.then_some(read)
    }

    /// Takes the body of `/.well-known/hoba/getchal`, which may have whitespace around the challenge (RFC 7486 section
    /// 6.4). The client knows the realm and `max-age` from an earlier challenge. Returns `None` if the body has another
    /// character than those of base64.
    #[must_use]
    pub fn of_body(body: &str, realm: &str, max_age: u64) -> Option<Self> {
        let challenge = body.split_ascii_whitespace().collect::<String>();
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"-_+/=".contains(&byte);
        let is_good = !challenge.is_empty() && challenge.bytes().all(is_base64);
        is_good.then(|| Self {
            challenge,
            realm: realm.to_owned(),
            max_age,
        })
    }

    /// Returns the challenge itself.
    #[must_use]
    pub fn challenge(&self) -> &str {
        &self.challenge
    }

    /// Returns the realm; empty if there is none.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.realm
    }

    /// Returns how long the challenge is good, in seconds. Zero means that it is good for one signature.
    #[must_use]
    pub const fn max_age(&self) -> u64 {
        self.max_age
    }
}

/// Makes the value of `Authorization` that answers `challenge`.
///
/// `origin` is the origin to which the client sends the request, and not an origin that the response names. `random` are 16
/// random bytes, new for each request. `sign` gets the text of [`ToBeSigned`] and returns the signature under `algorithm`.
///
/// # Errors
///
/// The error of `sign`.
pub fn authorization<E>(
    challenge: &HobaChallenge,
    origin: &HobaOrigin,
    kid: &str,
    algorithm: HobaAlgorithm,
    random: [u8; 16],
    sign: impl FnOnce(&[u8]) -> Result<Vec<u8>, E>,
) -> Result<HeaderValue, E> {
    let nonce = URL_SAFE_NO_PAD.encode(random);
    let signed = ToBeSigned {
        nonce: &nonce,
        algorithm,
        origin: origin.as_str(),
        realm: &challenge.realm,
        kid,
        challenge: &challenge.challenge,
    };
    let signature = URL_SAFE_NO_PAD.encode(sign(signed.to_text().as_bytes())?);
    let credentials = HobaCredentials {
        kid,
        challenge: &challenge.challenge,
        nonce: &nonce,
        signature: &signature,
    };
    Ok(field(&credentials))
}

/// A kid with a line break is the only text that the field cannot hold, and no server accepts a kid like that.
fn field(credentials: &HobaCredentials<'_>) -> HeaderValue {
    let field = HeaderValue::try_from(format!("HOBA result=\"{}\"", credentials.to_result()));
    let mut field = field.unwrap_or_else(|_| HeaderValue::from_static("HOBA result=\"\""));
    field.set_sensitive(true);
    field
}

/// Makes the body of the request that registers a key (RFC 7486 section 6.1): a form, to be sent as
/// `application/x-www-form-urlencoded`.
///
/// `pem` is the public key. Without a `kid`, it is the hash of the key, as the server computes it. `device` is a name of
/// the device for the user.
#[must_use]
pub fn register_form(pem: &str, kid: Option<&str>, device: Option<&str>) -> String {
    let mut form = format!("pub={}", encode(pem, is_unreserved));
    if let Some(kid) = kid {
        form.push_str("&kidtype=0&kid=");
        form.push_str(&encode(kid, is_unreserved));
    }
    if let Some(device) = device {
        form.push_str("&didtype=0&did=");
        form.push_str(&encode(device, is_unreserved));
    }
    form
}

/// Adds the token of an invitation to the [form](register_form): the field `join`, which the services of this crate know.
/// The token is the part of the path of the invitation behind `?join=`.
#[must_use]
pub fn with_invitation(form: &str, token: &str) -> String {
    format!("{form}&join={}", encode(token, is_unreserved))
}
