//! Reads a public key in PEM (RFC 7468).

use pkcs1::RsaPublicKey;
use spki::der::asn1::{AnyRef, BitStringRef};
use spki::der::{Decode, pem};
use spki::{ObjectIdentifier, SubjectPublicKeyInfo};

use super::key_material::{Curve, KeyMaterial};
use crate::config_error::ConfigError;

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const EC: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const ED25519: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.101.112");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const P521: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.35");

/// Reads the only key of `text`.
pub(super) fn parse(text: &str) -> Result<KeyMaterial, ConfigError> {
    let (label, der) = pem::decode_vec(text.trim_ascii().as_bytes())
        .map_err(|error| ConfigError::new(format!("this is not PEM: {error}")))?;
    let key = match label {
        "PUBLIC KEY" => public_key(&der),
        "RSA PUBLIC KEY" => rsa(&der),
        "CERTIFICATE" => Err(
            "this is a certificate: get its public key with `openssl x509 -pubkey -noout -in FILE`",
        ),
        _ if label.ends_with("PRIVATE KEY") => {
            Err("this is a private key: get its public key with `openssl pkey -pubout -in FILE`")
        }
        _ => Err("this PEM is no public key: the first line must be `-----BEGIN PUBLIC KEY-----`"),
    };
    key.map_err(ConfigError::new)
}

/// Reads a `SubjectPublicKeyInfo` in DER.
pub(super) fn public_key(der: &[u8]) -> Result<KeyMaterial, &'static str> {
    let info = SubjectPublicKeyInfo::<AnyRef<'_>, BitStringRef<'_>>::from_der(der);
    let info = info.map_err(|_| "the key is damaged: its DER cannot be read")?;
    let key = info.subject_public_key.raw_bytes();
    match info.algorithm.oid {
        RSA => rsa(key),
        ED25519 => KeyMaterial::ed25519(key),
        EC => {
            let curve = match info.algorithm.parameters_oid() {
                Ok(P256) => Curve::P256,
                Ok(P384) => Curve::P384,
                Ok(P521) => Curve::P521,
                _ => return Err("the curve is not supported: use P-256, P-384 or P-521"),
            };
            KeyMaterial::ec_point(curve, key)
        }
        _ => Err("the type of the key is not supported: use RSA, ECDSA or Ed25519"),
    }
}

fn rsa(der: &[u8]) -> Result<KeyMaterial, &'static str> {
    let key = RsaPublicKey::from_der(der);
    let key = key.map_err(|_| "the key is damaged: its DER cannot be read")?;
    KeyMaterial::rsa(key.modulus.as_bytes(), key.public_exponent.as_bytes())
}
