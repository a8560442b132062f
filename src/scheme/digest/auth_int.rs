//! Digest with `auth-int`, which also covers the body (RFC 7616 section 3.4.3).

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
use crate::reason::coded;
use crate::scheme::compose::forwards_to_scheme;
use crate::scheme::{
    Attempt, BodyCheck, BodyLimits, Refusal, Scheme, SignedBody, Verdict, VerdictNowOrLater,
};
use crate::store::StoreEpoch;

/// [`Digest`] with `qop=auth-int`: the response also covers the body, so the scheme detects a body that an attacker has
/// changed on the way. The inner service sees no byte of the body before it has verified. Until then the scheme keeps
/// the body in memory, within [`BodyLimits`].
///
/// The scheme checks everything that needs no body before it reads the body. It cannot check the password without the
/// body, because the client hashes both together. The scheme therefore reads the body of every client that sends a
/// nonce from this server, whether the user exists or not.
///
/// With any other nonce, such as one from before a restart, the scheme does not read the body. The `401` then does not
/// say `stale=true`, because the scheme does not know whether the password is right. Clients that use `auth-int` repeat
/// the request all the same. A [throttle](crate::throttle) does not count the attempt, because the scheme has compared
/// no response.
///
/// Until the body has verified, the attempt stays reserved with a [throttle](crate::throttle). Give its budgets room
/// for all uploads that one caller sends at the same time.
///
/// The response has no `rspauth`. It would cover the body of the response, which does not exist when the head of the
/// response is sent. The scheme drops the trailers of a request.
///
/// aiohttp prefers `auth-int` if it is offered. curl uses it only if nothing else is offered, and does not hash the
/// body of a `POST`. Browsers, requests and httpx do not support it.
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
    /// Offers `qop="auth,auth-int"`. The client chooses. If it chooses `auth`, its body is not covered, and the inner
    /// service reads the body as it arrives.
    ///
    /// Some clients fail on a list. wget falls back to the form of RFC 2069, which is refused, and LWP sends
    /// credentials that cannot be verified.
    ///
    /// # Errors
    ///
    /// As for [`DigestBuilder::build`].
    pub fn offered(mut digest: DigestBuilder<L>, limits: BodyLimits) -> Result<Self, ConfigError> {
        digest.rules.auth_int = true;
        let digest = digest.build()?;
        Ok(Self { digest, limits })
    }

    /// Offers `qop="auth-int"`, and refuses every other `qop`.
    ///
    /// # Errors
    ///
    /// As for [`DigestBuilder::build`]. Also if the builder accepts the form of RFC 2069, which covers no body.
    pub fn required(mut digest: DigestBuilder<L>, limits: BodyLimits) -> Result<Self, ConfigError> {
        digest.rules.auth = false;
        Self::offered(digest, limits)
    }

    /// Checks everything that needs no body, and then asks for the body to verify the response.
    fn judge_with_body(
        &self,
        attempt: &Attempt<'_>,
        claimed: &UnverifiedCredentials<'_>,
    ) -> VerdictNowOrLater<I, SignedBody> {
        let core = Arc::clone(&self.digest.0);
        let (limits, suspended) = (self.limits.clone(), SuspendedRequest::of(attempt, claimed));
        core.find_account_and_epoch(claimed).map(move |known| {
            let known = known?;
            if !has_issued(&core, &suspended, known.epoch) {
                core.remember_epoch(known.epoch);
                // `stale=true` would tell the client that its password was right, which is not known without the body.
                // Nothing was compared, so the attempt is no guess.
                let refusal = Refusal::wrong_because(coded!(
                    "digest_unknown_nonce",
                    "unknown nonce: from another server, or from before a restart"
                ));
                return Ok(Verdict::Refuse(refusal.uncounted()));
            }
            let judge = move |body: &[u8]| {
                core.verify(&suspended.claimed, &suspended.signed_parts(body), Ok(known))
            };
            Ok(Verdict::ReadBody(BodyCheck::judge_whole(limits, judge)))
        })
    }
}

/// Whether this server has issued the nonce, expired or not. The nonce may be of the store's present epoch, or of the
/// epoch that this scheme saw last and issued nonces under until now.
fn has_issued<L>(core: &DigestCore<L>, suspended: &SuspendedRequest, epoch: StoreEpoch) -> bool {
    let nonce = &suspended.claimed.credentials.nonce;
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
            Ok(claimed) if claimed.covers_body => self.judge_with_body(attempt, &claimed),
            Ok(claimed) => {
                let judgement = self.digest.judge(attempt, &claimed);
                judgement.map(|verdict| verdict.map(Verdict::widened))
            }
            Err(refusal) => refusal.at_once(),
        })
    }
}

clones! {
    /// A clone of the scheme, with the same nonces and the same memory of their counts.
    impl[L] AuthInt[L] { digest, limits }
}

shows! { all impl[L] AuthInt[L] as self { digest: self.digest, limits: self.limits } }
