//! Digest that covers the body (RFC 7616 section 3.4.3, `auth-int`).

use std::sync::Arc;

use super::Digest;
use super::accounts::DigestAccount;
use super::builder::DigestBuilder;
use super::core::DigestCore;
use super::unverified::{SuspendedRequest, UnverifiedCredentials};
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::compose::forwards_to_scheme;
use crate::scheme::{
    Attempt, BodyCheck, BodyLimits, Refusal, Scheme, SignedBody, Verdict, VerdictNowOrLater,
};
use crate::store::StoreEpoch;

/// [`Digest`] with `qop=auth-int`: whoever changes the body on its way is found out, and the inner service sees none of it
/// before it has verified. A body is kept in memory until then, within [`BodyLimits`].
///
/// Everything that needs no body is checked before it is read. That the name or the password is wrong shows only when the
/// body is there: it is hashed with them. So it is read for anybody who was given a nonce, whether the user exists or not.
/// With another nonce, such as one from before a restart, it is not read, and the `401` does not say `stale=true`: whether
/// the password is right is not known. Clients that cover bodies come again anyhow.
/// Until the body has verified, the attempt stays reserved with a [throttle](crate::throttle): let its budgets have room for
/// the uploads that one caller has under way.
///
/// There is no `rspauth` in return: it would cover the body of the response, which is not there yet when it is due.
/// The trailers of a request are dropped.
///
/// aiohttp prefers it where it is offered. curl takes it where nothing else is offered, and leaves the body of a `POST` out;
/// browsers, requests and httpx do not know it.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// use std::time::SystemTime;
/// use tower_challenge::clock::ManualClock;
/// use tower_challenge::scheme::{BodyLimits, Digest};
/// use tower_challenge::scheme::digest::{AuthInt, DigestAccounts};
///
/// let accounts = DigestAccounts::new("files", [("ada", "lovelace")])?;
/// let limits = BodyLimits::new(ManualClock::new(SystemTime::UNIX_EPOCH)); // `TokioClock::new()` in a server
/// let digest = AuthInt::offered(Digest::builder("files", accounts.clone()), limits.clone())?;
///
/// let old = Digest::builder("files", accounts).legacy_rfc2069();
/// assert!(AuthInt::required(old, limits).is_err(), "the form of RFC 2069 covers no body");
/// # let _ = digest;
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct AuthInt<L> {
    digest: Digest<L>,
    limits: BodyLimits,
}

impl<L, I> AuthInt<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Offers `qop="auth,auth-int"`. The client chooses; one that takes `auth` sends its body uncovered, and that is handed
    /// on as it comes.
    ///
    /// Some clients stumble over a list: wget falls back to the form of RFC 2069, which is refused, and LWP sends nothing
    /// that can be verified.
    ///
    /// # Errors
    ///
    /// As for [`DigestBuilder::build`].
    pub fn offered(mut digest: DigestBuilder<L>, limits: BodyLimits) -> Result<Self, ConfigError> {
        digest.rules.auth_int = true;
        let digest = digest.build()?;
        Ok(Self { digest, limits })
    }

    /// Offers `qop="auth-int"`, and takes nothing else.
    ///
    /// # Errors
    ///
    /// As for [`DigestBuilder::build`]; or the form of RFC 2069 is taken, too, which covers no body.
    pub fn required(mut digest: DigestBuilder<L>, limits: BodyLimits) -> Result<Self, ConfigError> {
        digest.rules.auth = false;
        Self::offered(digest, limits)
    }

    /// Asks for what can be known before the body, and leaves the rest to a look at the body.
    fn judge_with_body(
        &self,
        attempt: &Attempt<'_>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> VerdictNowOrLater<I, SignedBody> {
        let core = Arc::clone(&self.digest.0);
        let (limits, held) = (self.limits.clone(), SuspendedRequest::of(attempt, claimed));
        core.find(claimed).map(move |known| {
            let known = known?;
            if !has_issued(&core, &held, known.epoch) {
                core.remember(known.epoch);
                // Not stale: whether the digest is right is not known without the body.
                let refusal = Refusal::wrong("the nonce is none of ours");
                return Ok(Verdict::Refuse(refusal));
            }
            let judge = move |body: &[u8]| core.weigh(&held.claimed, &held.asked(body), Ok(known));
            Ok(Verdict::ReadBody(BodyCheck::judge_whole(limits, judge)))
        })
    }
}

/// Whether the nonce is one of ours, good or not: of this epoch of the store, or of the one that it had when it was last
/// heard of, under which we issued until now.
fn has_issued<L>(core: &DigestCore<L>, held: &SuspendedRequest, epoch: StoreEpoch) -> bool {
    let nonce = &held.claimed.credentials.nonce;
    let mut epochs = [epoch, core.last_epoch()].into_iter();
    epochs.any(|epoch| core.nonces.issued(nonce, epoch.tag()).is_some())
}

impl<L, I> Scheme for AuthInt<L>
where
    L: Lookup<str, Record = DigestAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = SignedBody;

    forwards_to_scheme!(self, self.digest);

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I, SignedBody>> {
        let params = attempt.params(SchemeName::DIGEST)?;
        let claimed = self.digest.0.read(params, &attempt.head());
        Some(match claimed {
            Ok(claimed) if claimed.integrity => self.judge_with_body(attempt, &claimed),
            Ok(claimed) => {
                let judgement = self.digest.judge(attempt, &claimed);
                judgement.map(|verdict| verdict.map(Verdict::widened))
            }
            Err(refusal) => refusal.at_once(),
        })
    }
}

clones! {
    /// The same scheme, with the same nonces and the same memory of their counts.
    impl[L] AuthInt[L] { digest, limits }
}

shows! { all impl[L] AuthInt[L] as self { digest: self.digest, limits: self.limits } }
