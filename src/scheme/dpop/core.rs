//! The state of a DPoP scheme.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http::HeaderValue;

use super::challenges::DpopChallenges;
use super::proof::ProofWindow;
use super::target::ExternalOrigin;
use crate::clock::Clock;
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
    pub(super) nonces: NonceIssuer,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The latest epoch that the store has told.
    pub(super) epoch: AtomicU64,
    pub(super) clock: Arc<dyn Clock>,
}

impl<V> DpopCore<V> {
    /// Makes a nonce that the server does not store.
    pub(super) fn issue(&self) -> Option<HeaderValue> {
        let epoch = self.epoch.load(Ordering::Relaxed);
        HeaderValue::from_bytes(&self.nonces.issue(epoch)).ok()
    }

    pub(super) fn remember_epoch(&self, epoch: StoreEpoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }
}
