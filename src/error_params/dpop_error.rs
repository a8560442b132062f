//! The errors of DPoP (RFC 9449 sections 7.1 and 9).

use super::ErrorParams;

impl ErrorParams {
    /// Makes `invalid_dpop_proof` (RFC 9449 section 7.1): the request has no proof, or the proof is not good.
    #[must_use]
    pub const fn invalid_dpop_proof() -> Self {
        Self::new("invalid_dpop_proof")
    }

    /// Makes `use_dpop_nonce` (RFC 9449 section 9): the client has to repeat the request with a proof that has the nonce in
    /// the field `DPoP-Nonce` of the response.
    #[must_use]
    pub const fn use_dpop_nonce() -> Self {
        Self::new("use_dpop_nonce")
    }
}
