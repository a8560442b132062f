//! Reads a key that signs from a JSON Web Key (RFC 7518 section 6.2).

use zeroize::Zeroizing;

use super::{KeyPair, SigningKey};
use crate::config_error::ConfigError;
use crate::jose::base64url;
use crate::jose::json::{JsonFault, JsonObject};

impl SigningKey {
    /// Reads a private key on the curve P-256. Its identifier is empty if it has no `kid`.
    ///
    /// # Errors
    ///
    /// The text is not such a key.
    pub(crate) fn from_jwk(jwk: &str) -> Result<Self, ConfigError> {
        let not_json = |JsonFault| ConfigError::new("the private key is not a JSON Web Key");
        let jwk = JsonObject::parse(jwk.as_bytes()).map_err(not_json)?;
        let id = jwk.string("kid").map_err(not_json)?.unwrap_or_default();
        let is = |name, expected| {
            jwk.string(name)
                .is_ok_and(|text| text.as_deref() == Some(expected))
        };
        if !is("kty", "EC") || !is("crv", "P-256") {
            return Err(ConfigError::new(
                "the private key is of another kind: use an ECDSA key on P-256 (kty EC, crv P-256)",
            ));
        }
        let pair = || {
            let mut point = [4; 65];
            point[1..33].copy_from_slice(&*coordinate(&jwk, "x")?);
            point[33..].copy_from_slice(&*coordinate(&jwk, "y")?);
            KeyPair::load(&*coordinate(&jwk, "d")?, &point)
        };
        let pair = pair().ok_or_else(|| {
            ConfigError::new("the private key has no private part (d), or its parts do not fit")
        })?;
        let id = id.into_owned();
        Ok(Self { id, pair })
    }
}

/// A coordinate or a private number of a key on P-256: always 32 bytes (RFC 7518 section 6.2.1.2).
fn coordinate(jwk: &JsonObject<'_>, name: &str) -> Option<Zeroizing<[u8; 32]>> {
    let text = jwk.string(name).ok()??;
    let bytes = Zeroizing::new(base64url::decode(&text)?);
    bytes.as_slice().try_into().ok().map(Zeroizing::new)
}
