//! Policies that require scopes or a role.

use super::{Policy, PolicyDecision};
use crate::config_error::ConfigError;
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

/// Requires every scope of a space-separated list. For example, `scopes("read write")` requires both.
///
/// A caller without them gets `403`, and a client of Bearer learns the scopes from the challenge (RFC 6750 section
/// 3.1).
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
    Ok(RequireScopes { wanted, lack })
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
#[derive(Clone, Debug)]
pub struct RequireScopes {
    wanted: Scopes,
    lack: ErrorParams,
}

impl<I: HasScopes> Policy<I> for RequireScopes {
    fn decide(
        &self,
        caller: &I,
        _: &RequestHead<'_>,
    ) -> NowOrLater<Result<PolicyDecision, Unavailable>> {
        NowOrLater::now(Ok(if caller.scopes().contains_all(&self.wanted) {
            PolicyDecision::Allow
        } else {
            PolicyDecision::Lacks(self.lack.clone())
        }))
    }
}

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
