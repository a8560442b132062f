//! An issuer, a verifier, and tokens that no issuer would make.

use std::fs;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Sha256, Sha384, Sha512};
use tower_challenge::jose::{KeySource, SignatureAlgorithm};
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

/// A token with this header and these claims, signed with HS256 and `secret`.
pub(crate) fn hmac_token(
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
    secret: &[u8],
) -> String {
    hmac_token_with(SignatureAlgorithm::Hs256, header, claims, secret)
}

/// Makes a token with this header and these claims. Its signature is made with `algorithm` and `secret`. The header may
/// name another algorithm.
pub(crate) fn hmac_token_with(
    algorithm: SignatureAlgorithm,
    header: impl AsRef<[u8]>,
    claims: impl AsRef<[u8]>,
    secret: &[u8],
) -> String {
    let signed = format!("{}.{}", encode(header), encode(claims));
    let mac = match algorithm {
        SignatureAlgorithm::Hs256 => mac::<Hmac<Sha256>>(secret, &signed),
        SignatureAlgorithm::Hs384 => mac::<Hmac<Sha384>>(secret, &signed),
        SignatureAlgorithm::Hs512 => mac::<Hmac<Sha512>>(secret, &signed),
        other => unreachable!("{other} has no secret"),
    };
    format!("{signed}.{}", encode(mac))
}

fn mac<M: Mac + KeyInit>(secret: &[u8], message: &str) -> Vec<u8> {
    let mut mac = <M as KeyInit>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// A file under `tests/vectors/pem`. `openssl` made them.
pub(crate) fn pem(name: &str) -> String {
    let folder = env!("CARGO_MANIFEST_DIR");
    fs::read_to_string(format!("{folder}/tests/vectors/pem/{name}.pem")).unwrap()
}

/// Replaces one part of a token: 0 is the header, 1 the claims, 2 the signature.
pub(crate) fn with_part(token: &str, part: usize, text: &str) -> String {
    let mut parts = token.split('.').collect::<Vec<_>>();
    parts[part] = text;
    parts.join(".")
}
