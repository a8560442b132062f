//! Octets that nobody can guess.

use crate::config_error::ConfigError;

/// 32 of them, from the operating system. Asked when something is built, so that nothing can fail for want of them when a
/// request comes.
pub(crate) fn random() -> Result<[u8; 32], ConfigError> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets).map_err(|_| ConfigError::new("no random octets to be had"))?;
    Ok(octets)
}
