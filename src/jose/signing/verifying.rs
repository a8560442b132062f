//! The public key of a key that signs.

use super::SigningKey;
use crate::config_error::ConfigError;
use crate::jose::backend::SignatureBackend;
use crate::jose::key::VerificationKey;

impl SigningKey {
    /// The public key.
    pub(crate) fn verification_key(&self) -> Result<VerificationKey, ConfigError> {
        VerificationKey::from_jwk_with(&self.jwk(), SignatureBackend::default())
    }
}
