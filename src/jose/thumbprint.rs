//! The thumbprint of a key (RFC 7638): a hash that is the same for every spelling of the key.

use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::base64url::encode;
use super::key_material::KeyMaterial;

/// RFC 7638 section 3: the required members of the key in lexicographic order, without white space, hashed with SHA-256.
/// RFC 8037 section 2 defines them for Ed25519.
pub(super) fn thumbprint(key: &KeyMaterial) -> [u8; 32] {
    let members = Zeroizing::new(match key {
        KeyMaterial::Rsa { modulus, exponent } => {
            let (e, n) = (encode(exponent), encode(modulus));
            format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)
        }
        KeyMaterial::Ec { curve, x, y } => {
            let (crv, x, y) = (curve.name(), encode(x), encode(y));
            format!(r#"{{"crv":"{crv}","kty":"EC","x":"{x}","y":"{y}"}}"#)
        }
        KeyMaterial::Ed25519(x) => {
            let x = encode(x);
            format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#)
        }
        KeyMaterial::Secret(secret) => {
            let k = Zeroizing::new(encode(secret));
            format!(r#"{{"k":"{}","kty":"oct"}}"#, *k)
        }
    });
    Sha256::digest(members.as_bytes()).into()
}
