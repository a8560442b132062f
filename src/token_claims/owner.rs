//! Reads the owner of a token from its claims.

use std::borrow::Cow;

use super::caller_claims::with_caller_claims;
use super::claim_path::{ClaimPath, at, scopes};
use crate::jose::{JsonFault, JsonObject};
use crate::principal::Principal;

/// The claims that name the owner of a token, and hold the scopes and the roles.
#[derive(Clone, Copy)]
pub(crate) struct OwnerPaths<'p> {
    /// The first of these claims that the token has is the name.
    pub(crate) names: &'p [ClaimPath],
    pub(crate) scopes: &'p [ClaimPath],
    pub(crate) roles: &'p [ClaimPath],
}

impl OwnerPaths<'_> {
    /// Reads the name, and adds the rights. Returns `None` if there is no name.
    ///
    /// # Errors
    ///
    /// A claim has a value of the wrong type, for example a scope that is a number.
    pub(crate) fn owner(self, claims: &JsonObject<'_>) -> Result<Option<Principal>, JsonFault> {
        for path in self.names {
            let name = at(claims, path, |object, name| object.string(name))?;
            if let Some(name) = name.flatten().filter(|name| !name.is_empty()) {
                return self.with_rights(Principal::new(&name), claims).map(Some);
            }
        }
        Ok(None)
    }

    /// Adds the scopes, the roles, the login and the authorization details to the owner.
    ///
    /// # Errors
    ///
    /// As for [`owner`](Self::owner).
    pub(crate) fn with_rights(
        self,
        mut owner: Principal,
        claims: &JsonObject<'_>,
    ) -> Result<Principal, JsonFault> {
        for path in self.scopes {
            let scopes = at(claims, path, scopes)?.unwrap_or_default();
            let add = |owner: Principal, scopes: Cow<'_, str>| owner.with_scopes(&scopes);
            owner = scopes.into_iter().fold(owner, add);
        }
        for path in self.roles {
            let roles = at(claims, path, |object, name| object.strings(name))?;
            for role in roles.flatten().into_iter().flatten() {
                owner = owner.with_role(&role);
            }
        }
        with_caller_claims(owner, claims)
    }
}
