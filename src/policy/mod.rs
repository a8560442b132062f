//! Policies: they decide whether an authenticated caller may make a request.
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
//! assert!(scopes("").is_err(), "an empty list would allow every caller");
//! # Ok(())
//! # }
//! ```
//!
//! A closure is a policy, too. With an identity type of the application, the first rule below stands in the layer, and the
//! second one in a [`RequirePolicy`](crate::RequirePolicy) for one route. The closure must name the types of its arguments:
//!
//! ```
//! # #[cfg(all(feature = "bearer", feature = "axum"))] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use axum::{Router, body::Body, routing::get};
//! use http::{Request, header::AUTHORIZATION};
//! use tower::ServiceExt;
//! use tower_challenge::{RequestHead, RequireAuth, RequirePolicy, Secret};
//!
//! #[derive(Clone)]
//! struct User { is_admin: bool, is_suspended: bool }
//!
//! fn owner(token: Secret<'_>) -> Option<User> {
//!     token.matches("t0ken").then_some(User { is_admin: false, is_suspended: false })
//! }
//!
//! let auth = RequireAuth::bearer("notes", owner)?.policy(|user: &User, _: &RequestHead<'_>| !user.is_suspended);
//! let admins = RequirePolicy::of_identity(|user: &User, _: &RequestHead<'_>| user.is_admin);
//! let app = Router::new()
//!     .route("/notes", get(|| async { "a note" }))
//!     .route("/users", get(|| async { "all users" }).layer(admins))
//!     .layer(auth);
//!
//! let request = |path: &str| Request::get(path).header(AUTHORIZATION, "Bearer t0ken").body(Body::empty());
//! assert_eq!(app.clone().oneshot(request("/notes")?).await?.status(), 200);
//! assert_eq!(app.oneshot(request("/users")?).await?.status(), 403);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! A caller may also need a [strong or recent login](step_up()), or [authorization details](authorization()) of RFC 9396.
//!
//! [Combine](combine) policies with `and`, `or` and `not`, or choose one [by the method](by_method) or [by the path](by_path)
//! of the request.
//! Give a policy to a layer with [`RequireAuth::policy`](crate::RequireAuth::policy), and to a single route inside a
//! layer with [`RequirePolicy`](crate::RequirePolicy).

mod authorization;
mod by_method;
mod by_path;
pub mod combine;
mod implications;
mod policy_table;
mod require;
mod step_up;
mod weigh;

pub use self::authorization::{HasAuthorizationDetails, RequireAuthorization, authorization};
pub use self::by_method::{ByMethod, ByMethodBuilder, by_method};
pub use self::by_path::{ByPath, ByPathBuilder, by_path};
pub use self::combine::{PolicyExt, all_of, any_of};
pub use self::implications::{ImpliesScope, ScopeImplications};
pub use self::require::{
    AnyCaller, HasRoles, HasScopes, RequireRole, RequireScopes, any_caller, role, scopes,
};
pub use self::step_up::{HasLogin, RequireLogin, StepUpBuilder, step_up};

use std::sync::Arc;

use crate::error_params::ErrorParams;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::principal::Scopes;
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// The decision of a policy, or the reason why it could not decide.
type PolicyResult = Result<PolicyDecision, Unavailable>;

/// A [`PolicyResult`] that is ready now or later.
type PolicyAnswer = NowOrLater<PolicyResult>;

/// Decides whether a caller may make a request.
///
/// `I` is the type of the caller's identity. Every closure from `(&I, &RequestHead<'_>)` is a policy if it returns
/// `bool`, a [`PolicyDecision`], a `Result` of either, or a [`NowOrLater`] of such a `Result`.
///
/// For example, `|caller: &Principal, _: &RequestHead<'_>| caller.name() == "ada"` allows the requests of `ada` and
/// forbids all others.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a policy for callers of type `{I}`",
    note = "a closure is one if it names its arguments' types: `|caller: &{I}, request: &RequestHead<'_>| ..`",
    note = "`policy::scopes(\"write\")?` and `policy::role(\"admin\")?` make one of a text",
    note = "if it is a `Result`, put `?` behind the call that returned it"
)]
pub trait Policy<I>: Send + Sync + 'static {
    /// Decides whether `caller` may make `request`.
    ///
    /// # Errors
    ///
    /// The answer is [`Unavailable`] when the policy could not decide. For example, its database did not answer. The
    /// client gets `503`.
    fn decide(
        &self,
        caller: &I,
        request: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>>;

    /// Returns the scopes that `request` needs from every caller. By default there are none.
    ///
    /// When a caller lacks a scope, the layer names in one challenge the scopes of all its policies, and not only those
    /// of the policy that refused. Otherwise a client would ask for one scope, lose another, and never have both. This
    /// method only completes the challenge. It allows and refuses nothing.
    ///
    /// A policy that combines others returns the scopes of all of them, except for `or`: there, the scopes of the first
    /// policy that has some. A closure returns none: the layer then knows only the scopes in its
    /// [`PolicyDecision::Lacks`].
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::policy::{Policy, PolicyExt, role, scopes};
    /// use tower_challenge::{Principal, RequestHead};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let policy = scopes("read")?.and(role("admin")?.or(scopes("write")?));
    /// let request = http::Request::new(());
    /// let scopes = Policy::<Principal>::required_scopes(&policy, &RequestHead::of(&request));
    /// assert_eq!(scopes.to_string(), "read write");
    /// # Ok(())
    /// # }
    /// ```
    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let _ = request;
        Scopes::default()
    }
}

impl<I, F, A> Policy<I> for F
where
    F: Fn(&I, &RequestHead<'_>) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value: Into<PolicyDecision> + 'static>,
{
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let answer = self(caller, request).into_answer();
        answer.map(|decided| decided.map(Into::into))
    }
}

/// A shared policy is a policy, and so is `Arc<dyn Policy<I>>`, which the application can choose at run time.
impl<I, P: Policy<I> + ?Sized> Policy<I> for Arc<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        (**self).decide(caller, request)
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        (**self).required_scopes(request)
    }
}

/// The decision of a [`Policy`].
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
    /// The caller may make the request.
    Allow,
    /// The caller may not make the request, and other credentials of theirs would not help: `403` without challenges.
    Forbid,
    /// The caller could make the request with credentials that grant more: `403`, and `error="insufficient_scope"` in
    /// the challenge of a scheme that can carry it (RFC 6750 section 3.1).
    Lacks(ErrorParams),
    /// The caller could make the request after a stronger login: `401`, and `error="insufficient_user_authentication"`
    /// in the challenge of a scheme that can carry it (RFC 9470).
    StepUp(ErrorParams),
}

/// Converts `true` into `Allow` and `false` into `Forbid`.
impl From<bool> for PolicyDecision {
    fn from(allowed: bool) -> Self {
        if allowed { Self::Allow } else { Self::Forbid }
    }
}

impl IntoAnswer for PolicyDecision {
    type Value = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}
