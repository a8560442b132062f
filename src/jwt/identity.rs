//! Reads the owner of a token from its claims.

use std::borrow::Cow;

use super::profile::{ClaimPath, TokenProfile};
use crate::jose::{JsonFault, JsonObject};
use crate::principal::Principal;

/// Reads the owner of a token: the name, the scopes and the roles, from the claims that the profile names. Returns
/// `None` if there is no name.
///
/// # Errors
///
/// A claim has a value of the wrong type, for example a scope that is a number.
pub(super) fn principal(
    profile: &TokenProfile,
    claims: &JsonObject<'_>,
) -> Result<Option<Principal>, JsonFault> {
    let name = at(claims, &profile.name, |object, name| object.string(name))?;
    let Some(name) = name.flatten().filter(|name| !name.is_empty()) else {
        return Ok(None);
    };
    let mut principal = Principal::new(&name);
    for path in &profile.scopes {
        let scopes = at(claims, path, scopes)?.unwrap_or_default();
        let add = |principal: Principal, scopes: Cow<'_, str>| principal.with_scopes(&scopes);
        principal = scopes.into_iter().fold(principal, add);
    }
    for path in &profile.roles {
        let roles = at(claims, path, |object, name| object.strings(name))?;
        for role in roles.flatten().into_iter().flatten() {
            principal = principal.with_role(&role);
        }
    }
    Ok(Some(principal))
}

/// Reads the scopes in the member `name`. A string may hold several, separated by spaces. An element of an array is one
/// scope, and an element with a space is left out, because no scope has a space.
fn scopes<'t>(object: &JsonObject<'t>, name: &str) -> Result<Vec<Cow<'t, str>>, JsonFault> {
    let is_array = object.raw(name).is_some_and(|value| value.starts_with('['));
    let mut scopes = object.strings(name)?.unwrap_or_default();
    if is_array {
        scopes.retain(|scope| !scope.contains(|c: char| c.is_ascii_whitespace()));
    }
    Ok(scopes)
}

/// Calls `read` with the object that holds the last name of `path`. Returns `None` if a member on the way is missing.
pub(super) fn at<'t, R>(
    claims: &JsonObject<'t>,
    path: &ClaimPath,
    read: impl FnOnce(&JsonObject<'t>, &str) -> Result<R, JsonFault>,
) -> Result<Option<R>, JsonFault> {
    let Some((last, way)) = path.split_last() else {
        return Ok(None);
    };
    let Some((first, way)) = way.split_first() else {
        return read(claims, last).map(Some);
    };
    let mut inner = claims.object(first)?;
    for name in way {
        let Some(object) = inner else {
            return Ok(None);
        };
        inner = object.object(name)?;
    }
    inner.map(|object| read(&object, last)).transpose()
}
