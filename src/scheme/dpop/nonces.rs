//! Does a proof need a nonce of the server?

/// Whether a proof needs a nonce of this server (RFC 9449 section 9). [`DpopBuilder::nonces`](super::DpopBuilder::nonces)
/// sets it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum DpopNonces {
    /// A proof needs no nonce. A nonce in it is ignored. The clock of the client decides when the proof was made, and an
    /// attacker who can sign with the key of the client for a moment can make proofs for later.
    #[default]
    Off,
    /// A proof needs a nonce. A client without one gets `401` with `error="use_dpop_nonce"` and the field `DPoP-Nonce`, and
    /// repeats its request. Before the nonce ends, a response has the next one, and both are good for a while.
    Required,
}
