//! What an authenticated caller may do.
//!
//! ```
//! use tower_challenge::policy::{PolicyDecision, Policy, scopes};
//! use tower_challenge::{Principal, RequestHead};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let write = scopes("write")?;
//! let request = http::Request::new(());
//! let decide = |caller: &Principal| write.decide(caller, &RequestHead::of(&request)).try_now().unwrap();
//!
//! assert!(matches!(decide(&Principal::new("ada").with_scopes("read write")), Ok(PolicyDecision::Allow)));
//! assert!(matches!(decide(&Principal::new("bob").with_scopes("read")), Ok(PolicyDecision::Lacks(_))));
//! assert!(scopes("").is_err(), "an empty requirement would allow everybody");
//! # Ok(())
//! # }
//! ```
//!
//! Policies are [combined](combine) with `and`, `or` and `not`, and chosen [by the method](by_method) of the request. A
//! layer has them with [`RequireAuth::permit`](crate::RequireAuth::permit); a route under a layer, with
//! [`RequirePolicy`](crate::RequirePolicy).

mod by_method;
pub mod combine;
mod require;
mod weigh;

pub use self::by_method::{ByMethod, ByMethodBuilder, by_method};
pub use self::combine::{PolicyExt, all_of, any_of};
pub use self::require::{HasRoles, HasScopes, RequireRole, RequireScopes, role, scopes};

use std::sync::Arc;

use crate::error_params::ErrorParams;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// What a policy comes to, or why nobody can tell.
type PolicyResult = Result<PolicyDecision, Unavailable>;

/// That, now or later.
type PolicyAnswer = NowOrLater<PolicyResult>;

/// Decides whether a caller may make a request.
///
/// Every closure from `(&I, &RequestHead<'_>)` to `bool`, to a [`PolicyDecision`], or to a `Result` or [`NowOrLater`] of
/// either is a policy.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy for callers of type `{I}`",
    note = "a closure is one if it names its arguments' types: `|caller: &{I}, request: &RequestHead<'_>| ..`"
)]
pub trait Policy<I>: Send + Sync + 'static {
    /// Decides.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell: `503`.
    fn decide(
        &self,
        caller: &I,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>>;
}

impl<I, F, A> Policy<I> for F
where
    F: Fn(&I, &RequestHead<'_>) -> A + Send + Sync + 'static,
    A: IntoAnswer<ParamValue: Into<PolicyDecision> + 'static>,
{
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let answer = self(caller, request).into_answer();
        answer.map(|decided| decided.map(Into::into))
    }
}

/// One that several share, and that may be any: `Arc<dyn Policy<I>>`.
impl<I, P: Policy<I> + ?Sized> Policy<I> for Arc<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        (**self).decide(caller, request)
    }
}

/// What a [`Policy`] decided.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{PolicyDecision, Policy};
/// use tower_challenge::{Principal, RequestHead};
///
/// let owner = |caller: &Principal, _: &RequestHead<'_>| match caller.name() {
///     "ada" => PolicyDecision::Allow,
///     _ => PolicyDecision::Forbid,
/// };
/// let request = http::Request::new(());
/// let decide = |name| owner.decide(&Principal::new(name), &RequestHead::of(&request)).try_now().unwrap();
/// assert!(matches!(decide("ada"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("bob"), Ok(PolicyDecision::Forbid)));
/// ```
#[derive(Clone, Debug)]
#[must_use]
#[non_exhaustive]
pub enum PolicyDecision {
    /// The caller may.
    Allow,
    /// The caller may not, whatever they do: `403`.
    Forbid,
    /// The caller might with credentials that allow more: `403`, and `error="insufficient_scope"` where their scheme
    /// has a place for it (RFC 6750 section 3.1).
    Lacks(ErrorParams),
    /// The caller might after a better login: `401`, and `error="insufficient_user_authentication"` (RFC 9470).
    StepUp(ErrorParams),
}

/// `true` allows; `false` forbids.
impl From<bool> for PolicyDecision {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::Forbid }
    }
}

impl IntoAnswer for PolicyDecision {
    type ParamValue = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}
