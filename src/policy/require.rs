//! Requirements that come up everywhere: scopes and roles.

use super::{Policy, PolicyDecision};
use crate::config_error::ConfigError;
use crate::error_params::ErrorParams;
use crate::now_or_later::NowOrLater;
use crate::principal::{Principal, Scopes};
use crate::request_head::RequestHead;
use crate::unavailable::Unavailable;

/// An identity that carries scopes.
pub trait HasScopes {
    /// What the credentials allow.
    fn scopes(&self) -> &Scopes;
}

/// An identity that carries roles.
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

/// Requires every scope of a space-separated list.
///
/// # Errors
///
/// The list is empty, or names a scope that no challenge can carry (RFC 6749 section 3.3).
pub fn scopes(list: &str) -> Result<RequireScopes, ConfigError> {
    let wanted = Scopes::new(list);
    if wanted.is_empty() {
        return Err(ConfigError::new("no scope is required: name at least one"));
    }
    let lack = ErrorParams::insufficient_scope(&wanted.to_string())?;
    Ok(RequireScopes { wanted, lack })
}

/// Requires `role`.
///
/// # Errors
///
/// It is empty.
pub fn role(role: &str) -> Result<RequireRole, ConfigError> {
    if role.is_empty() {
        return Err(ConfigError::new("no role is required: name one"));
    }
    Ok(RequireRole(role.to_owned()))
}

/// See [`scopes`].
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

/// See [`role`].
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
