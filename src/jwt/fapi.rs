//! The settings of a verifier that FAPI 2.0 demands.

use std::time::Duration;

use super::builder::JwtVerifierBuilder;
use crate::config_error::ConfigError;
use crate::jose::SignatureAlgorithm;

/// FAPI 2.0 Security Profile section 5.4.1: signatures use PS256, ES256, or EdDSA with Ed25519.
pub(crate) const FAPI2_ALGORITHMS: [SignatureAlgorithm; 3] = [
    SignatureAlgorithm::Ps256,
    SignatureAlgorithm::Es256,
    SignatureAlgorithm::EdDsa,
];

/// FAPI 2.0 demands that clocks may differ by so much.
pub(crate) const FAPI2_LEEWAY: Duration = Duration::from_secs(10);

impl<I: Clone + Send + Sync + 'static> JwtVerifierBuilder<I> {
    /// Allows the algorithms of FAPI 2.0 only, or those of them that the application has chosen.
    pub(crate) fn of_fapi2(mut self) -> Result<Self, ConfigError> {
        let chosen = self
            .algorithms
            .get_or_insert_with(|| FAPI2_ALGORITHMS.to_vec());
        if !chosen
            .iter()
            .all(|chosen| FAPI2_ALGORITHMS.contains(chosen))
        {
            return Err(ConfigError::new(
                "FAPI 2.0 allows the algorithms PS256, ES256 and EdDSA: choose among these, or none",
            ));
        }
        if self.rules.leeway < FAPI2_LEEWAY {
            return Err(ConfigError::new(
                "FAPI 2.0 demands a leeway of at least 10 seconds",
            ));
        }
        Ok(self)
    }
}
