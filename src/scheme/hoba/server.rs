//! The HOBA scheme of a server.

use std::borrow::Cow;
use std::sync::Arc;

use http::HeaderValue;

use super::builder::HobaBuilder;
use super::core::HobaCore;
use super::key::HobaKey;
use super::message::{self, HobaCredentials};
use super::origin::HobaOrigin;
use super::reasons;
use crate::derives::{clones, shows};
use crate::error_params::ErrorParams;
use crate::header::{Challenge, SchemeName};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::ClaimedAccount;
use crate::scheme::{Attempt, BodyUnread, Refusal, Scheme, ServerRole, VerdictNowOrLater};

/// Admits clients that sign a challenge with a registered key (RFC 7486). A [`Lookup`] finds the key of a kid. A clone
/// shares the challenges and the memory of their use.
///
/// A request may pass through a HOBA layer only once: the first layer uses up the signature.
///
/// # What a refused client gets
///
/// Malformed credentials are `400`, as for every scheme of this crate: a client that repeats them would fail again. This
/// deviates from RFC 7486 section 3: the authentication fails, but not with `401`. Everything else is `401` with a new challenge: an unknown
/// kid, a wrong signature, an expired challenge and a replay. Only the audit tells them apart. An unknown kid costs a
/// verification, too: about as much time as a known kid with a key of 2,048 bits.
///
/// # What a throttle counts
///
/// The kid is the claimed account: the audit names it, and a [throttle](crate::throttle) counts wrong signatures for it.
/// No attacker can guess a signature, so the throttle only limits the work that one client causes. A kid is no secret, but
/// it is random, and a client sends it inside TLS. So a stranger cannot name the kids of other users to lock them out. An
/// expired or repeated challenge counts nothing, nor does a request without credentials.
///
/// # Example
///
/// ```
/// # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
/// use http::{Request, header::AUTHORIZATION};
/// use tower_challenge::scheme::hoba::HobaKey;
/// use tower_challenge::scheme::{Attempt, Hoba, Scheme, ServerRole};
/// use tower_challenge::RequestHead;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let hoba = Hoba::builder("https://example.com", |_: &str| None::<HobaKey>).build()?;
/// let request = Request::get("/").body(())?;
/// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
/// let mut challenges = Vec::new();
/// hoba.challenge(&attempt, None, &mut challenges);
/// assert_eq!(challenges[0].param("max-age").unwrap().to_bytes(), b"0".as_slice());
///
/// let request = Request::get("/").header(AUTHORIZATION, "HOBA result=a2lk.bm8.bm8.c2ln").body(())?;
/// let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
/// assert_eq!(hoba.account(&attempt).unwrap().name(), "a2lk", "the kid");
/// # Ok(()) }
/// # main().unwrap(); }
/// ```
pub struct Hoba<L>(pub(super) Arc<HobaCore<L>>);

impl<L, I> Hoba<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Starts a builder for the server `origin`, for example `https://example.com`: see [`HobaOrigin::parse`]. `keys`
    /// finds the key of a kid, which is at most 256 characters of base64url.
    pub fn builder(origin: &str, keys: L) -> HobaBuilder<L> {
        HobaBuilder::new(origin, keys)
    }
}

impl<L> Hoba<L> {
    pub(super) fn from_core(core: HobaCore<L>) -> Self {
        Self(Arc::new(core))
    }

    /// Returns the origin that signatures cover.
    #[must_use]
    pub fn origin(&self) -> &HobaOrigin {
        &self.0.origin
    }

    /// Returns the realm; empty if there is none.
    #[must_use]
    pub fn realm(&self) -> &str {
        &self.0.realm
    }

    /// Makes a challenge that is not in a response to a refused request: the body of `/.well-known/hoba/getchal` (RFC
    /// 7486 section 6.4).
    #[must_use]
    pub fn new_challenge(&self) -> String {
        String::from_utf8_lossy(&self.0.issue()).into_owned()
    }

    /// Returns the value of `Set-Cookie` that removes the cookie of a session, for the response to a logout. Returns `None`
    /// if the scheme begins no [sessions](super::HobaSessions).
    ///
    /// The session itself ends when the [generation](HobaKey::with_generation) of the key changes.
    #[must_use]
    pub fn session_removal(&self) -> Option<HeaderValue> {
        self.0.sessions.as_ref()?.removal()
    }
}

impl<L, I> Scheme for Hoba<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;
    type BodyAccess = BodyUnread;

    fn challenge(&self, _: &Attempt<'_>, _: Option<&ErrorParams>, challenges: &mut Vec<Challenge>) {
        challenges.extend(self.0.challenge());
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        attempt.names(SchemeName::HOBA)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<ClaimedAccount<'r>> {
        let kid = match message::result(attempt.params(SchemeName::HOBA)?)? {
            Cow::Borrowed(result) => Cow::Borrowed(HobaCredentials::read(result).ok()?.kid),
            Cow::Owned(result) => Cow::Owned(HobaCredentials::read(&result).ok()?.kid.to_owned()),
        };
        Some(ClaimedAccount::new(kid))
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<VerdictNowOrLater<I>> {
        let params = attempt.params(SchemeName::HOBA)?;
        let Some(result) = message::result(params) else {
            return Some(Refusal::malformed_because(reasons::RESULT_MISSING).at_once());
        };
        Some(match HobaCredentials::read(&result) {
            Ok(claimed) => self.judge(&claimed, attempt.role()),
            Err(reason) => Refusal::malformed_because(reason).at_once(),
        })
    }

    fn is_malformed(&self, attempt: &Attempt<'_>) -> bool {
        attempt.breaks_grammar(SchemeName::HOBA)
    }
}

impl<L, I> Hoba<L>
where
    L: Lookup<str, Record = HobaKey<I>>,
    I: Clone + Send + Sync + 'static,
{
    /// Judges credentials. They are copied only if the look-up has to wait.
    fn judge(&self, claimed: &HobaCredentials<'_>, role: ServerRole) -> VerdictNowOrLater<I> {
        match self.0.find(claimed.kid).try_now() {
            Ok(found) => self.0.verify(claimed, role, found),
            Err(later) => {
                let (core, result) = (Arc::clone(&self.0), claimed.to_result());
                NowOrLater::later(async move {
                    let found = later.await;
                    match HobaCredentials::read(&result) {
                        Ok(claimed) => core.verify(&claimed, role, found).await,
                        Err(reason) => Refusal::malformed_because(reason).at_once().await,
                    }
                })
            }
        }
    }
}

clones! {
    /// A clone of the scheme, with the same challenges and the same memory of their use.
    impl[L] Hoba[L] { 0 }
}

shows! { impl[L] Hoba[L] as self { origin: self.0.origin, realm: self.0.realm } }
