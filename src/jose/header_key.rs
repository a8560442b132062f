//! The public key that a client puts into the header of a proof (`jwk`, RFC 7515 section 4.1.3).

use super::algorithm::SignatureAlgorithm;
use super::backend::SignatureBackend;
use super::invalid_jws::InvalidJws;
use super::json::JsonObject;
use super::key::VerificationKey;
use super::{jwk, reasons};

/// Reads the key `jwk` of `header`, for `algorithm` alone.
///
/// Only a proof of possession is verified with this key. The issuer of a token never puts its own key there: see
/// [`JoseHeader`](super::jose_header::JoseHeader).
///
/// Returns `None` if there is no such key, if it has a private part, if it is too weak, or if it is for another algorithm.
pub(crate) fn header_key(
    header: &JsonObject<'_>,
    algorithm: SignatureAlgorithm,
) -> Option<VerificationKey> {
    let mut key = jwk::read(&header.object("jwk").ok()??).ok()?;
    // The key is then prepared for one algorithm only. An RSA key has six.
    let named = key.algorithm.replace(algorithm);
    if named.is_some_and(|named| named != algorithm) {
        return None;
    }
    VerificationKey::of_jwk(key, SignatureBackend::default()).ok()
}

impl InvalidJws {
    /// Whether the signature is well-formed, and another key or another text has made it.
    pub(crate) fn is_wrong_signature(self) -> bool {
        self.reason_text() == reasons::WRONG_SIGNATURE
    }
}
