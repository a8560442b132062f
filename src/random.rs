//! Random bytes that an attacker cannot predict.

use crate::config_error::ConfigError;

/// Returns 32 random bytes of the operating system.
///
/// Call it while something is built, and never for a request: a failure is then a configuration error when the program
/// starts.
pub(crate) fn random() -> Result<[u8; 32], ConfigError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes)
        .map_err(|_| ConfigError::new("the system random number generator failed"))?;
    Ok(bytes)
}
