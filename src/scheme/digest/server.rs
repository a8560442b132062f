//! Digest, as a server judges it.

use std::sync::Arc;

use super::accounts::DigestAccount;
use super::builder::DigestBuilder;
use super::core::DigestCore;
use super::message::DigestCredentials;
use super::unverified::{SignedParts, SuspendedRequest, UnverifiedCredentials};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::{Attempt, BodyUnread, Scheme, VerdictNowOrLater};

/// Admits who proves a password that a [`Lookup`] has the hash of. A clone shares nonces and their counts.
///
/// A request passes through one Digest once: the count of its nonce is used up by the first, and a second layer around
/// or inside answers `stale=true`, for ever. Give inner routes a policy, not another Digest layer.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Digest;
/// use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccounts};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let digest = Digest::builder("files", accounts)
///     .algorithms([DigestAlgorithm::Sha512_256, DigestAlgorithm::Sha256])
///     .build()?;
///
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let md5 = Digest::builder("files", accounts).algorithms([DigestAlgorithm::Md5]).build();
/// assert!(md5.is_err(), "MD5 has to be asked for by the name of `legacy_md5`");
/// # Ok(())
/// # }
/// ```
pub struct Digest<L>(pub(super) Arc<DigestCore<L>>);

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Guards the protection space `realm` with SHA-256, and the accounts that `lookup` finds.
    ///
    /// Clients that are deployed mishandle a realm with a quote or a backslash in it.
    ///
    /// # Errors
    ///
    /// The realm holds a control character, which no challenge can carry.
    pub fn new(realm: &str, lookup: L) -> Result<Self, ConfigError> {
        Self::builder(realm, lookup).build()
    }

    /// The same, with more to say.
    pub fn builder(realm: &str, lookup: L) -> DigestBuilder<L> {
        DigestBuilder::new(realm, lookup)
    }
}

impl<L> Digest<L> {
    pub(super) fn from_core(core: DigestCore<L>) -> Self {
        Self(Arc::new(core))
    }
}

impl<L, I> Scheme for Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = BodyUnread;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        _: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        challenges.extend(self.0.fresh(attempt.role()));
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let params = attempt.params(SchemeName::DIGEST)?.iter().copied();
        let read = DigestCredentials::read_by(params, &self.0.rules).ok()?;
        // A hash of a name is an account of its own, whether or not it stands for a user. Otherwise the answers of a
        // throttle would tell.
        read.user.map(ClaimedAccount::new)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        !attempt.is_absent()
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        let params = attempt.params(SchemeName::DIGEST)?;
        Some(match self.0.read(params, &attempt.head()) {
            Ok(claimed) => self.judge(attempt, &claimed),
            Err(refusal) => refusal.at_once(),
        })
    }
}

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// By the head alone.
    pub(super) fn judge(
        &self,
        attempt: &Attempt<'_>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> VerdictNowOrLater<I> {
        let head = attempt.head();
        let asked = SignedParts {
            method: head.method(),
            role: attempt.role(),
            body: b"",
        };
        match self.0.find(claimed).try_now() {
            Ok(known) => self.0.weigh(claimed, &asked, known),
            Err(later) => {
                let (core, held) = (Arc::clone(&self.0), SuspendedRequest::of(attempt, claimed));
                NowOrLater::later(async move {
                    let known = later.await;
                    core.weigh(&held.claimed, &held.asked(b""), known).await
                })
            }
        }
    }
}

clones! {
    /// The same scheme, with the same nonces and the same memory of their counts.
    impl[L] Digest[L] { 0 }
}

shows! { impl[L] Digest[L] as self { realm: self.0.realm } }
