//! What a Digest server is made of, and what it tells strangers.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::rules::Rules;
use super::template::Offer;
use super::user_hash::UserHash;
use crate::header::Challenge;
use crate::password::Lookup;
use crate::scheme::{Refusal, Role};
use crate::stateless_nonce::Nonces;
use crate::store::{Epoch, ReplayStore};

/// Finds the name that a hash stands for.
pub(super) type Names = dyn Lookup<UserHash, Record = String>;

/// Everything that clones of a scheme share.
pub(super) struct Core<L> {
    pub(super) realm: String,
    pub(super) opaque: Option<String>,
    pub(super) offers: Vec<Offer>,
    pub(super) rules: Rules,
    pub(super) lookup: L,
    /// Where hashes are taken in the place of names.
    pub(super) names: Option<Arc<Names>>,
    pub(super) nonces: Nonces,
    pub(super) store: Arc<dyn ReplayStore>,
    /// The epoch that the store had when it was last heard of.
    pub(super) epoch: AtomicU64,
    /// What the digest of a user who does not exist is compared with.
    pub(super) dummy: [u8; 32],
}

impl<L> Core<L> {
    /// For somebody who has shown nothing yet. Asking the store must not wait.
    pub(super) fn fresh(&self, role: Role) -> impl Iterator<Item = Challenge> + '_ {
        if let Ok(Ok(epoch)) = self.store.epoch().try_now() {
            self.remember(epoch);
        }
        let epoch = Epoch::new(self.epoch.load(Ordering::Relaxed));
        self.challenges(role, epoch, false)
    }

    /// For somebody whose digest was right.
    pub(super) fn stale(&self, role: Role, epoch: Epoch, reason: &'static str) -> Refusal {
        let challenges = self.challenges(role, epoch, true);
        challenges.fold(Refusal::stale(reason), Refusal::with_challenge)
    }

    pub(super) fn remember(&self, epoch: Epoch) {
        self.epoch.store(epoch.tag(), Ordering::Relaxed);
    }

    /// One for each algorithm, all with one nonce.
    fn challenges(
        &self,
        role: Role,
        epoch: Epoch,
        stale: bool,
    ) -> impl Iterator<Item = Challenge> + '_ {
        let nonce = self.nonces.issue(epoch.tag());
        let offers = self.offers.iter();
        offers.map(move |offer| offer.render(role, &nonce, stale))
    }
}
