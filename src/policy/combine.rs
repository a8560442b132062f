//! Policies made of policies.
//!
//! What comes of two answers, of the first (down) and of the second (across). `?` is
//! [`Unavailable`](crate::Unavailable).
//!
//! | `and` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | **Allow** | Allow | Forbid | Lacks | StepUp | ? |
//! | **Forbid** | Forbid | Forbid | Forbid | Forbid | Forbid |
//! | **Lacks** | Lacks | Lacks | Lacks | Lacks | Lacks |
//! | **StepUp** | StepUp | StepUp | StepUp | StepUp | StepUp |
//! | **?** | ? | ? | ? | ? | ? |
//!
//! The first refusal stands, and nobody else is asked: put the login before the scope, so that a client is told `401`
//! before `403`.
//!
//! | `or` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | **Allow** | Allow | Allow | Allow | Allow | Allow |
//! | **Forbid** | Allow | Forbid | Lacks | StepUp | ? |
//! | **Lacks** | Allow | Lacks | Lacks | Lacks | ? |
//! | **StepUp** | Allow | StepUp | StepUp | StepUp | ? |
//! | **?** | Allow | ? | ? | ? | ? |
//!
//! One that allows is enough. Otherwise, while one cannot tell, nobody can: `503`, never a refusal that may be wrong. Of two
//! refusals, the client hears the first that it can do something about.
//!
//! | `not` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | | Forbid | Allow | Allow | Allow | ? |
//!
//! An answer that takes its time counts as what it turns out to be; what comes after it is asked at once, and not waited
//! for unless it matters.

use super::weigh::AllowRule;
use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::config_error::ConfigError;
use crate::request_head::RequestHead;

/// Combines policies with others.
///
/// It is there for every type, so that a policy can be combined before it is known for whose identities; what is no
/// policy is found out where it is used as one.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{PolicyDecision, Policy, PolicyExt, role, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = scopes("write")?.or(role("admin")?).and(role("suspended")?.not());
/// let request = http::Request::new(());
/// let decide = |caller: &Principal| policy.decide(caller, &RequestHead::of(&request)).try_now().unwrap();
///
/// assert!(matches!(decide(&Principal::new("ada").with_scopes("write")), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide(&Principal::new("eve").with_role("admin")), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide(&Principal::new("bob")), Ok(PolicyDecision::Lacks(_))), "more use to bob than a role");
/// let suspended = Principal::new("joe").with_scopes("write").with_role("suspended");
/// assert!(matches!(decide(&suspended), Ok(PolicyDecision::Forbid)));
/// # Ok(())
/// # }
/// ```
pub trait PolicyExt: Sized {
    /// Both must allow. The first refusal stands.
    fn and<Q>(self, other: Q) -> AndPolicy<Self, Q> {
        AndPolicy(self, other)
    }

    /// One must allow. Otherwise the client hears the refusal that it can do something about, and `503` while one of them
    /// cannot tell.
    fn or<Q>(self, other: Q) -> OrPolicy<Self, Q> {
        OrPolicy(self, other)
    }

    /// Allows whom it refuses, for whatever reason, and forbids whom it allows. While it cannot tell, nobody can.
    ///
    /// A name that is spelled wrong refuses everybody, so that its `not` allows everybody.
    fn not(self) -> NotPolicy<Self> {
        NotPolicy(self)
    }
}

impl<P: Send + Sync + 'static> PolicyExt for P {}

/// See [`PolicyExt::and`].
#[derive(Clone, Debug)]
pub struct AndPolicy<P, Q>(P, Q);

/// See [`PolicyExt::or`].
#[derive(Clone, Debug)]
pub struct OrPolicy<P, Q>(P, Q);

/// See [`PolicyExt::not`].
#[derive(Clone, Debug)]
pub struct NotPolicy<P>(P);

/// See [`all_of`].
#[derive(Clone, Debug)]
pub struct AllOf<P>(Vec<P>);

/// See [`any_of`].
#[derive(Clone, Debug)]
pub struct AnyOf<P>(Vec<P>);

/// Requires every one of a list of policies, like a chain of [`and`](PolicyExt::and). Policies of several types are a list
/// of `Arc<dyn Policy<I>>`.
///
/// # Errors
///
/// The list is empty.
pub fn all_of<P>(policies: impl IntoIterator<Item = P>) -> Result<AllOf<P>, ConfigError> {
    some_of(policies).map(AllOf)
}

/// Requires one of a list of policies, like a chain of [`or`](PolicyExt::or).
///
/// # Errors
///
/// The list is empty.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{PolicyDecision, Policy, any_of, role};
/// use tower_challenge::{ConfigError, Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let named_in_a_file = ["owner", "editor"].into_iter().map(role);
/// let policy = any_of(named_in_a_file.collect::<Result<Vec<_>, ConfigError>>()?)?;
/// let request = http::Request::new(());
/// let decide = |caller: &Principal| policy.decide(caller, &RequestHead::of(&request)).try_now().unwrap();
///
/// assert!(matches!(decide(&Principal::new("ada").with_role("editor")), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide(&Principal::new("bob").with_role("reader")), Ok(PolicyDecision::Forbid)));
/// assert!(any_of(Vec::from([role("owner")?]).split_off(1)).is_err(), "nobody asked is nobody who allows");
/// # Ok(())
/// # }
/// ```
pub fn any_of<P>(policies: impl IntoIterator<Item = P>) -> Result<AnyOf<P>, ConfigError> {
    some_of(policies).map(AnyOf)
}

fn some_of<P>(policies: impl IntoIterator<Item = P>) -> Result<Vec<P>, ConfigError> {
    let policies: Vec<P> = policies.into_iter().collect();
    if policies.is_empty() {
        return Err(ConfigError::new("the list of policies is empty: name one"));
    }
    Ok(policies)
}

impl<I: 'static, P: Policy<I>, Q: Policy<I>> Policy<I> for AndPolicy<P, Q> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let both: [&dyn Policy<I>; 2] = [&self.0, &self.1];
        AllowRule::All.over(both.into_iter().map(|it| it.decide(caller, request)))
    }
}

impl<I: 'static, P: Policy<I>, Q: Policy<I>> Policy<I> for OrPolicy<P, Q> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let both: [&dyn Policy<I>; 2] = [&self.0, &self.1];
        AllowRule::Any.over(both.into_iter().map(|it| it.decide(caller, request)))
    }
}

impl<I, P: Policy<I>> Policy<I> for NotPolicy<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let answer = self.0.decide(caller, request);
        answer.map(|decided| decided.map(|it| (!matches!(it, PolicyDecision::Allow)).into()))
    }
}

impl<I, P: Policy<I>> Policy<I> for AllOf<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        AllowRule::All.over(self.0.iter().map(|it| it.decide(caller, request)))
    }
}

impl<I, P: Policy<I>> Policy<I> for AnyOf<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        AllowRule::Any.over(self.0.iter().map(|it| it.decide(caller, request)))
    }
}
