//! A key of P-256 that stands beside a token, and not in a set.

use super::backend::SignatureBackend;
use super::base64url;
use super::key::VerificationKey;
use super::key_material::{Curve, KeyMaterial};

impl VerificationKey {
    /// Reads an uncompressed point of P-256 in base64url, for ES256 alone. Returns `None` if it is none, or not on the curve.
    pub(crate) fn of_p256_point(text: &str) -> Option<Self> {
        let point = base64url::decode(text)?;
        let material = KeyMaterial::ec_point(Curve::P256, &point).ok()?;
        let algorithms = material.algorithms();
        Self::new(&material, None, algorithms, SignatureBackend::default()).ok()
    }
}
