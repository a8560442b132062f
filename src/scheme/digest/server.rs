//! The Digest scheme of a server.

use std::sync::Arc;

use super::accounts::DigestAccount;
use super::builder::DigestBuilder;
use super::core::DigestCore;
use super::into_digest_lookup::IntoDigestLookup;
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

/// Admits clients that prove a password. A [`Lookup`] finds the hash of the password for a name. A clone shares nonces
/// and their counts.
///
/// A request may pass through a Digest layer only once. The first layer uses up the nonce count, so a second layer
/// around or inside it answers `stale=true` to every request. Give inner routes a policy, not another Digest layer.
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
/// assert!(md5.is_err(), "MD5 needs a call of `legacy_md5`");
/// # Ok(())
/// # }
/// ```
pub struct Digest<L>(pub(super) Arc<DigestCore<L>>);

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Protects the realm `realm` with SHA-256 and `accounts`: a look-up, or a list of names and passwords. The
    /// documentation of [`IntoDigestLookup`] lists what is accepted.
    ///
    /// Avoid quotes and backslashes in a realm, because deployed clients mishandle them.
    ///
    /// # Errors
    ///
    /// The realm contains a control character, which a challenge cannot carry; `accounts` has a
    /// [fault](IntoDigestLookup::into_digest_lookup); or the system random number generator failed.
    pub fn new(
        realm: &str,
        accounts: impl IntoDigestLookup<Lookup = L>,
    ) -> Result<Self, ConfigError> {
        Self::builder(realm, accounts).build()
    }

    /// Configures the scheme further than [`new`](Self::new) does. It takes the same accounts.
    ///
    /// A look-up must have the accounts of the same realm, because the realm is in every hash. With those of another
    /// realm, each right password gets `401`, and the audit says `digest_account_of_another_realm`.
    ///
    /// # Example
    ///
    /// SHA-256, and MD5 for old devices that know no other algorithm:
    ///
    /// ```
    /// use tower_challenge::scheme::Digest;
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let digest = Digest::builder("devices", [("ada", "lovelace")]).legacy_md5().build()?;
    /// # let _ = digest;
    /// assert!(Digest::builder("devices", [("ada", "")]).build().is_err(), "an unset variable must not be a password");
    /// # Ok(())
    /// # }
    /// ```
    pub fn builder(realm: &str, accounts: impl IntoDigestLookup<Lookup = L>) -> DigestBuilder<L> {
        DigestBuilder::new(realm, accounts.into_digest_lookup(realm))
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
        challenges.extend(self.0.fresh_challenges(attempt.role()));
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let params = attempt.params(SchemeName::DIGEST)?.iter().copied();
        let read = DigestCredentials::read_by(params, &self.0.rules).ok()?;
        // With `userhash`, the throttle counts under the hash, whether or not it stands for a user. If the hash were
        // resolved to a name here, the answers of the throttle would tell an attacker which hashes belong to users.
        read.user.map(ClaimedAccount::new)
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::DIGEST)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        let params = attempt.params(SchemeName::DIGEST)?;
        Some(match self.0.read(params, &attempt.head()) {
            Ok(claimed) => self.judge(attempt, &claimed),
            Err(refusal) => refusal.at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::DIGEST)
    }
}

impl<L, I> Digest<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Judges credentials that do not cover the body. `SuspendedRequest` copies the request only if the look-up has to
    /// wait.
    pub(super) fn judge(
        &self,
        attempt: &Attempt<'_>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> VerdictNowOrLater<I> {
        let head = attempt.head();
        let signed = SignedParts {
            method: head.method(),
            role: attempt.role(),
            body: b"",
        };
        match self.0.find_account_and_epoch(claimed).try_now() {
            Ok(known) => self.0.verify(claimed, &signed, known),
            Err(later) => {
                let (core, suspended) =
                    (Arc::clone(&self.0), SuspendedRequest::of(attempt, claimed));
                NowOrLater::later(async move {
                    let known = later.await;
                    core.verify(&suspended.claimed, &suspended.signed_parts(b""), known)
                        .await
                })
            }
        }
    }
}

clones! {
    /// A clone of the scheme, with the same nonces and the same memory of their counts.
    impl[L] Digest[L] { 0 }
}

shows! { impl[L] Digest[L] as self { realm: self.0.realm } }
