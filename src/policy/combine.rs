//! Combines policies with `and`, `or` and `not`.
//!
//! Each table shows the result of two answers: the rows are the answer of the first policy, and the columns are that of
//! the second. `?` is [`Unavailable`](crate::Unavailable).
//!
//! | `and` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | **Allow** | Allow | Forbid | Lacks | StepUp | ? |
//! | **Forbid** | Forbid | Forbid | Forbid | Forbid | Forbid |
//! | **Lacks** | Lacks | Lacks | Lacks | Lacks | Lacks |
//! | **StepUp** | StepUp | StepUp | StepUp | StepUp | StepUp |
//! | **?** | ? | ? | ? | ? | ? |
//!
//! With `and`, the first refusal is the result, and the policies after it are not asked. A policy that requires a
//! stronger login therefore belongs before a policy that requires a scope: the client then gets `401` before `403`.
//!
//! The challenge to a client that lacks a scope names the scopes of all policies, also of those that are not asked or that
//! allow (see [`Policy::required_scopes`]). For example, a caller who has only the scope `a` learns from
//! `scopes("a")?.and(scopes("b")?)` that `a b` are needed.
//!
//! | `or` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | **Allow** | Allow | Allow | Allow | Allow | Allow |
//! | **Forbid** | Allow | Forbid | Lacks | StepUp | ? |
//! | **Lacks** | Allow | Lacks | Lacks | Lacks | ? |
//! | **StepUp** | Allow | StepUp | StepUp | StepUp | ? |
//! | **?** | Allow | ? | ? | ? | ? |
//!
//! With `or`, one policy that allows is enough. If none allows and one could not decide, the result is `503`, because a
//! refusal might be wrong. Of two refusals, the result is the first that tells the client how to succeed. For example,
//! `Lacks` names the missing scopes, and `Forbid` names nothing.
//!
//! | `not` | Allow | Forbid | Lacks | StepUp | ? |
//! |---|---|---|---|---|---|
//! | | Forbid | Allow | Allow | Allow | ? |
//!
//! When a policy has to wait, the policies after it are asked at once, and the combination awaits their answers only if
//! they can change the result. The tables hold for later answers, too.

use super::weigh::AllowsNeeded;
use super::{Policy, PolicyAnswer, PolicyDecision};
use crate::config_error::ConfigError;
use crate::principal::Scopes;
use crate::request_head::RequestHead;

/// Combines a policy with others.
///
/// Every type has these methods, so that a policy can be combined before the type of its identities is known. If a type
/// is not a policy, the compiler says so where the combination is used, for example in
/// [`RequireAuth::policy`](crate::RequireAuth::policy).
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
/// assert!(matches!(decide(&Principal::new("bob")), Ok(PolicyDecision::Lacks(_))), "the missing scope tells bob more than the missing role");
/// let suspended = Principal::new("joe").with_scopes("write").with_role("suspended");
/// assert!(matches!(decide(&suspended), Ok(PolicyDecision::Forbid)));
/// # Ok(())
/// # }
/// ```
pub trait PolicyExt: Sized {
    /// Requires both policies. The first refusal is the result.
    fn and<Q>(self, other: Q) -> AndPolicy<Self, Q> {
        AndPolicy(self, other)
    }

    /// Requires one of two policies. If neither allows, the client gets the refusal that tells it how to succeed, or
    /// `503` if one of the policies could not decide.
    fn or<Q>(self, other: Q) -> OrPolicy<Self, Q> {
        OrPolicy(self, other)
    }

    /// Allows every caller that this policy refuses, and forbids every caller that it allows. If this policy could not
    /// decide, the result is `503`.
    ///
    /// Beware of misspelled names. For example, `role("suspnded")` refuses every caller, so its `not` allows every
    /// caller.
    fn not(self) -> NotPolicy<Self> {
        NotPolicy(self)
    }
}

impl<P: Send + Sync + 'static> PolicyExt for P {}

/// The policy that [`PolicyExt::and`] makes.
#[derive(Clone, Debug)]
pub struct AndPolicy<P, Q>(P, Q);

/// The policy that [`PolicyExt::or`] makes.
#[derive(Clone, Debug)]
pub struct OrPolicy<P, Q>(P, Q);

/// The policy that [`PolicyExt::not`] makes.
#[derive(Clone, Debug)]
pub struct NotPolicy<P>(P);

/// The policy that [`all_of`] makes.
#[derive(Clone, Debug)]
pub struct AllOf<P>(Vec<P>);

/// The policy that [`any_of`] makes.
#[derive(Clone, Debug)]
pub struct AnyOf<P>(Vec<P>);

/// Requires every policy of a list, like a chain of [`and`](PolicyExt::and).
///
/// All policies of the list have one type. For policies of several types, make a list of `Arc<dyn Policy<I>>`.
///
/// # Errors
///
/// Fails if the list is empty.
pub fn all_of<P>(policies: impl IntoIterator<Item = P>) -> Result<AllOf<P>, ConfigError> {
    non_empty(policies).map(AllOf)
}

/// Requires one policy of a list, like a chain of [`or`](PolicyExt::or).
///
/// # Errors
///
/// Fails if the list is empty.
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
/// assert!(any_of(Vec::from([role("owner")?]).split_off(1)).is_err(), "the list is empty");
/// # Ok(())
/// # }
/// ```
pub fn any_of<P>(policies: impl IntoIterator<Item = P>) -> Result<AnyOf<P>, ConfigError> {
    non_empty(policies).map(AnyOf)
}

fn non_empty<P>(policies: impl IntoIterator<Item = P>) -> Result<Vec<P>, ConfigError> {
    let policies: Vec<P> = policies.into_iter().collect();
    if policies.is_empty() {
        return Err(ConfigError::new("the list of policies is empty: name one"));
    }
    Ok(policies)
}

impl<I: 'static, P: Policy<I>, Q: Policy<I>> Policy<I> for AndPolicy<P, Q> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let both: [&dyn Policy<I>; 2] = [&self.0, &self.1];
        AllowsNeeded::All.over(
            both.into_iter()
                .map(|policy| policy.decide(caller, request)),
        )
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let first = self.0.required_scopes(request);
        first.union(&self.1.required_scopes(request))
    }
}

impl<I: 'static, P: Policy<I>, Q: Policy<I>> Policy<I> for OrPolicy<P, Q> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let both: [&dyn Policy<I>; 2] = [&self.0, &self.1];
        AllowsNeeded::Any.over(
            both.into_iter()
                .map(|policy| policy.decide(caller, request)),
        )
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let first = self.0.required_scopes(request);
        match first.is_empty() {
            true => self.1.required_scopes(request),
            false => first,
        }
    }
}

impl<I, P: Policy<I>> Policy<I> for NotPolicy<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        let answer = self.0.decide(caller, request);
        answer.map(|decided| {
            decided.map(|decision| (!matches!(decision, PolicyDecision::Allow)).into())
        })
    }
}

impl<I, P: Policy<I>> Policy<I> for AllOf<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        AllowsNeeded::All.over(self.0.iter().map(|policy| policy.decide(caller, request)))
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let all = self.0.iter().map(|policy| policy.required_scopes(request));
        all.fold(Scopes::default(), |all, scopes| all.union(&scopes))
    }
}

impl<I, P: Policy<I>> Policy<I> for AnyOf<P> {
    fn decide(&self, caller: &I, request: &RequestHead<'_>) -> PolicyAnswer {
        AllowsNeeded::Any.over(self.0.iter().map(|policy| policy.decide(caller, request)))
    }

    fn required_scopes(&self, request: &RequestHead<'_>) -> Scopes {
        let mut all = self.0.iter().map(|policy| policy.required_scopes(request));
        all.find(|scopes| !scopes.is_empty()).unwrap_or_default()
    }
}
