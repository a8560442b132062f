//! The state of a DPoP scheme.

use std::sync::Arc;

use http::HeaderValue;

use super::challenges::DpopChallenges;
use super::proof::ProofWindow;
use super::target::ExternalOrigin;
use crate::clock::{Clock, SteadyTime};
use crate::identity_names::IdentityNames;
use crate::jose::SignatureAlgorithm;
use crate::stateless_nonce::NonceIssuer;
use crate::store::{ReplayStore, StoreEpoch};

/// The state that all clones of a scheme share.
pub(super) struct DpopCore<V> {
    pub(super) verifier: V,
    pub(super) origin: ExternalOrigin,
    pub(super) challenges: DpopChallenges,
    pub(super) algorithms: Box<[SignatureAlgorithm]>,
    pub(super) window: ProofWindow,
    /// Whether a proof needs a nonce of this server.
    pub(super) requires_nonce: bool,
    /// Whether a nonce tells the time of its proof in place of `iat`. It does if it is good for no longer than a proof may be
    /// old, so that the store remembers no proof for longer.
    pub(super) nonce_tells_time: bool,
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// How the owner of a token is named, who holds places in the store.
    pub(super) holders: IdentityNames,
    pub(super) time: SteadyTime,
    pub(super) clock: Arc<dyn Clock>,
}

impl<V> DpopCore<V> {
    /// Makes a nonce that the server does not store.
    pub(super) fn issue(&self, epoch: StoreEpoch) -> Option<HeaderValue> {
        HeaderValue::from_bytes(&self.nonces.issue(epoch.tag())).ok()
    }
}
