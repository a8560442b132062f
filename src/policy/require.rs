//! Policies that require scopes or a role, or nothing but a caller.

use std::sync::Arc;

use super::implications::ImpliesScope;
use super::{Policy, PolicyDecision};
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::error_params::ErrorParams;
use crate::now_or_later::NowOrLater;
use crate::principal::{Principal, Scopes};
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// An identity that has scopes. Implement it for an identity of the application, to use [`scopes`] with it.
pub trait HasScopes {
    /// Returns the scopes that the credentials grant.
    fn scopes(&self) -> &Scopes;
}

/// An identity that has roles. Implement it for an identity of the application, to use [`role`] with it.
pub trait HasRoles {
    /// Whether the caller has `role`.
    fn has_role(&self, role: &str) -> bool;
}

impl HasScopes for Principal {
    fn scopes(&self) -> &Scopes {
        self.scopes()
    }
}

impl HasRoles for Principal {
    fn has_role(&self, role: &str) -> bool {
        self.has_role(role)
    }
}

/// Allows every authenticated caller. It is for the methods or paths of [`by_method`](super::by_method()) and
/// [`by_path`](super::by_path()) that need no more than a login.
///
/// # Example
///
/// ```
/// use tower_challenge::policy::{Policy, PolicyDecision, any_caller, by_path, scopes};
/// use tower_challenge::{Principal, RequestHead};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let policy = by_path().on(["/notes.Notes/List"], any_caller()).otherwise(scopes("notes:write")?).build()?;
/// let decide = |path: &str| {
///     let request = http::Request::post(path).body(()).unwrap();
///     policy.decide(&Principal::new("ada"), &RequestHead::of(&request)).try_now().unwrap()
/// };
/// assert!(matches!(decide("/notes.Notes/List"), Ok(PolicyDecision::Allow)));
/// assert!(matches!(decide("/notes.Notes/Delete"), Ok(PolicyDecision::Lacks(_))));
/// # Ok(())
/// # }
/// ```
#[must_use]
pub const fn any_caller() -> AnyCaller {
    AnyCaller(())
}

/// The policy that [`any_caller`] makes.
#[derive(Clone, Copy, Debug)]
pub struct AnyCaller(());

impl<I> Policy<I> for AnyCaller {
    fn decide(
        &self,
        _: &I,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        NowOrLater::now(Ok(PolicyDecision::Allow))
    }
}

/// Requires every scope of a space-separated list. For example, `scopes("read write")` requires both.
///
/// A caller without them gets `403`, and a client of Bearer learns the scopes from the challenge (RFC 6750 section
/// 3.1). [`RequireScopes::implied_by`] also allows callers with broader scopes.
///
/// # Errors
///
/// Fails if the list is empty, or names a scope with a character that a challenge cannot carry (RFC 6749 section 3.3).
pub fn scopes(list: &str) -> Result<RequireScopes, ConfigError> {
    let wanted = Scopes::new(list);
    if wanted.is_empty() {
        return Err(ConfigError::new("no scope is required: name at least one"));
    }
    let lack = ErrorParams::insufficient_scope(&wanted.to_string())?;
    Ok(RequireScopes {
        wanted,
        lack,
        implications: None,
    })
}

/// Requires `role`. A caller without it gets `403`.
///
/// # Errors
///
/// Fails if `role` is empty.
pub fn role(role: &str) -> Result<RequireRole, ConfigError> {
    if role.is_empty() {
        return Err(ConfigError::new("no role is required: name one"));
    }
    Ok(RequireRole(role.to_owned()))
}

/// The policy that [`scopes`] makes.
#[derive(Clone)]
pub struct RequireScopes {
    wanted: Scopes,
    lack: ErrorParams,
    implications: Option<Arc<dyn ImpliesScope>>,
}

impl RequireScopes {
    /// Also allows callers whose scopes imply the required ones: a [`ScopeImplications`](super::ScopeImplications), or a
    /// closure from the granted and the needed scope to `bool`. A second call replaces the first.
    ///
    /// The challenge names the required scopes and never a broader one.
    #[must_use]
    pub fn implied_by(mut self, implications: impl ImpliesScope) -> Self {
        self.implications = Some(Arc::new(implications));
        self
    }

    /// Decides about a caller with the scopes `granted`.
    pub(crate) fn judge(&self, granted: &Scopes) -> PolicyDecision {
        let mut wanted = self.wanted.iter();
        match wanted.all(|needed| self.is_granted(granted, needed)) {
            true => PolicyDecision::Allow,
            false => PolicyDecision::Lacks(self.lack.clone()),
        }
    }

    fn is_granted(&self, granted: &Scopes, needed: &str) -> bool {
        let implications = self.implications.as_ref();
        let implied = |implications: &Arc<dyn ImpliesScope>| {
            let mut granted = granted.iter();
            granted.any(|scope| implications.implies(scope, needed))
        };
        granted.contains(needed) || implications.is_some_and(implied)
    }
}

impl<I: HasScopes> Policy<I> for RequireScopes {
    fn decide(
        &self,
        caller: &I,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        NowOrLater::now(Ok(self.judge(caller.scopes())))
    }

    fn required_scopes(&self, _: &RequestHead<'_>) -> Scopes {
        self.wanted.clone()
    }
}

shows! { impl[] RequireScopes[] as self { wanted: self.wanted } }

/// The policy that [`role`] makes.
#[derive(Clone, Debug)]
pub struct RequireRole(String);

impl<I: HasRoles> Policy<I> for RequireRole {
    fn decide(
        &self,
        caller: &I,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        NowOrLater::now(Ok(caller.has_role(&self.0).into()))
    }
}
