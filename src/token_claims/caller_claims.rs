//! What does a token say of the login and the rights of its owner, beside scopes and roles?

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::authorization_detail::AuthorizationDetail;
use crate::jose::{JsonFault, JsonObject};
use crate::principal::Principal;

/// How many objects `authorization_details` may have. A token has at most 16 KiB, so this bounds the answers of other
/// sources, too.
const MOST_DETAILS: usize = 64;

/// Adds to `principal` the login (`acr` and `auth_time`, RFC 9470 section 6) and the `authorization_details` (RFC 9396
/// section 9) of the claims.
///
/// An `acr` that is no string, and an `auth_time` that is no time, count as absent. Then no policy takes the login for a
/// strong or a recent one, and a token of an issuer that means something else by the names is still good.
///
/// # Errors
///
/// `authorization_details` is no array of objects with a `type`, has a member of the wrong type, or has more than 64
/// objects. RFC 9396 section 2 defines the types of the members.
pub(crate) fn with_caller_claims(
    principal: Principal,
    claims: &JsonObject<'_>,
) -> Result<Principal, JsonFault> {
    let mut principal = principal;
    if let Ok(Some(acr)) = claims.string("acr") {
        principal = principal.with_acr(&acr);
    }
    if let Some(time) = auth_time(claims) {
        principal = principal.with_auth_time(time);
    }
    let Some(details) = claims.array("authorization_details")? else {
        return Ok(principal);
    };
    if details.len() > MOST_DETAILS {
        return Err(JsonFault);
    }
    let details = details.into_iter().map(detail);
    let details = details.collect::<Result<Vec<_>, _>>()?;
    Ok(principal.with_authorization_details(details))
}

fn auth_time(claims: &JsonObject<'_>) -> Option<SystemTime> {
    let seconds = claims.number("auth_time").ok()??;
    UNIX_EPOCH.checked_add(Duration::try_from_secs_f64(seconds).ok()?)
}

fn detail(text: &str) -> Result<AuthorizationDetail, JsonFault> {
    let object = JsonObject::parse(text.as_bytes())?;
    let kind = object.string("type")?.ok_or(JsonFault)?;
    let mut detail = AuthorizationDetail::new(&kind).with_json(text);
    type Add = fn(AuthorizationDetail, &str) -> AuthorizationDetail;
    let lists: [(&str, Add); 4] = [
        ("locations", AuthorizationDetail::with_location),
        ("actions", AuthorizationDetail::with_action),
        ("datatypes", AuthorizationDetail::with_datatype),
        ("privileges", AuthorizationDetail::with_privilege),
    ];
    for (name, add) in lists {
        // A single string in place of an array is no list: `strings` would accept it.
        object.array(name)?;
        let elements = object.strings(name)?.unwrap_or_default();
        detail = elements
            .iter()
            .fold(detail, |detail, element| add(detail, element));
    }
    Ok(match object.string("identifier")? {
        Some(identifier) => detail.with_identifier(&identifier),
        None => detail,
    })
}
