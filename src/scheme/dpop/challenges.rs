//! The challenges of DPoP (RFC 9449 section 7.1), made once.

use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::scheme::bearer::token_challenge::with_error;

/// The challenge, and its variants with an error.
pub(super) struct DpopChallenges {
    pub(super) plain: Challenge,
    pub(super) invalid_request: Challenge,
    pub(super) invalid_token: Challenge,
    pub(super) invalid_proof: Challenge,
    pub(super) use_nonce: Challenge,
}

impl DpopChallenges {
    pub(super) fn new(plain: Challenge) -> Result<Self, ConfigError> {
        let with = |error| with_error(&plain, &error);
        Ok(Self {
            invalid_request: with(ErrorParams::invalid_request())?,
            invalid_token: with(ErrorParams::invalid_token())?,
            invalid_proof: with(ErrorParams::invalid_dpop_proof())?,
            use_nonce: with(ErrorParams::use_dpop_nonce())?,
            plain,
        })
    }

    /// The challenge with `error`, for a refusal that is not the scheme's own. For example, a policy requires a scope.
    pub(super) fn with(&self, error: &ErrorParams) -> Option<Challenge> {
        with_error(&self.plain, error).ok()
    }
}
