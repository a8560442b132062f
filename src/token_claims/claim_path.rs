//! Claims that are found by a path of names.

use std::borrow::Cow;

use crate::jose::{JsonFault, JsonObject};

/// The names of the members that lead from the claims to a value.
pub(crate) type ClaimPath = Vec<String>;

pub(crate) fn path(names: &[&str]) -> ClaimPath {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// A claim that every token must have.
#[derive(Clone, Debug)]
pub(crate) struct RequiredClaim {
    pub(crate) path: ClaimPath,
    /// The claim must be one of these strings. `None` if any value will do.
    pub(crate) values: Option<Vec<String>>,
}

impl RequiredClaim {
    /// # Errors
    ///
    /// The claim has a value of the wrong type.
    pub(crate) fn is_met(&self, claims: &JsonObject<'_>) -> Result<bool, JsonFault> {
        let Some(values) = &self.values else {
            let value = at(claims, &self.path, |object, name| Ok(object.raw(name)))?;
            return Ok(value.flatten().is_some_and(|value| value != "null"));
        };
        let value = at(claims, &self.path, |object, name| object.string(name))?;
        let value = value.flatten();
        Ok(value.is_some_and(|value| values.iter().any(|known| *known == value)))
    }
}

/// Reads the scopes in the member `name`. A string may hold several, separated by spaces. An element of an array is one
/// scope, and an element with a space is left out, because no scope has a space.
pub(super) fn scopes<'t>(
    object: &JsonObject<'t>,
    name: &str,
) -> Result<Vec<Cow<'t, str>>, JsonFault> {
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
