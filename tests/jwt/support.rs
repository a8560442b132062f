//! An issuer, a verifier, and tokens that no issuer would make.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tower_challenge::jose::KeySource;
use tower_challenge::jwt::{JwtVerifier, JwtVerifierBuilder};
use tower_challenge::scheme::bearer::VerifyToken;
use tower_challenge::testing::{TestIssuer, TestToken};
use tower_challenge::{Principal, Secret, Verified};

pub(crate) const ISSUER: &str = "https://as.example";
pub(crate) const API: &str = "https://api.example";

pub(crate) fn issuer() -> TestIssuer {
    TestIssuer::new(ISSUER).unwrap()
}

/// A verifier of the tokens of the issuer.
pub(crate) fn builder(keys: impl KeySource) -> JwtVerifierBuilder {
    JwtVerifier::builder(ISSUER, keys).audience(API)
}

/// A token that a verifier of [`builder`] accepts.
pub(crate) fn good(issuer: &TestIssuer) -> TestToken {
    issuer.token("ada").audience(API).scope("read write")
}

pub(crate) fn verify<V: VerifyToken>(verifier: &V, token: &str) -> Verified<V::Identity> {
    let answer = verifier.verify(Secret::new(token)).try_now();
    let answer = answer.unwrap_or_else(|_| unreachable!("the keys are in memory"));
    answer.unwrap()
}

/// Why a token is refused. `None` if it is accepted.
pub(crate) fn why<V: VerifyToken>(verifier: &V, token: &str) -> Option<&'static str> {
    let failure = verify(verifier, token).err()?;
    Some(failure.why().unwrap_or("no reason"))
}

/// The caller of a good token.
pub(crate) fn caller<V: VerifyToken<Identity = Principal>>(verifier: &V, token: &str) -> Principal {
    verify(verifier, token).unwrap_or_else(|failure| panic!("refused: {failure:?}"))
}

pub(crate) fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// A token with this header and these claims, signed with HMAC and `secret`.
pub(crate) fn hmac_token(header: &str, claims: &str, secret: &[u8]) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode(mac.finalize().into_bytes()))
}

/// Replaces one part of a token: 0 is the header, 1 the claims, 2 the signature.
pub(crate) fn with_part(token: &str, part: usize, text: &str) -> String {
    let mut parts = token.split('.').collect::<Vec<_>>();
    parts[part] = text;
    parts.join(".")
}
