//! Reads the user's name from credentials (RFC 7616 section 3.4), in each form that clients send.

use std::borrow::Cow;
use std::str::from_utf8;

use super::escapes;
use super::quirks::{ClientQuirk, QuirkSet};
use super::reasons;
use crate::header::{ParamValue, ext_value};
use crate::reason::ReasonText;

/// Reads the name from `username` or `username*`. RFC 7616 section 3.4: both together "MUST" be "an error", and
/// `username*` must not carry a user hash. `None` stands for a name that is not UTF-8.
pub(super) fn read<'a>(
    username: Option<ParamValue<'a>>,
    extended: Option<ParamValue<'a>>,
    userhash: bool,
    quirks: QuirkSet,
) -> Result<Option<Cow<'a, str>>, ReasonText> {
    match (username, extended) {
        (Some(_), Some(_)) => Err(reasons::TWO_USERNAMES),
        (None, None) => Err(reasons::USERNAME_MISSING),
        (Some(name), None) => Ok(plain_name(name, quirks)),
        (None, Some(_)) if userhash => Err(reasons::USERHASH_WITH_EXTENDED_USERNAME),
        (None, Some(name)) => extended_name(name).map(Some),
    }
}

/// Reads `username`. With [`ClientQuirk::RequestsUsername`], a name that is not UTF-8 is read as ISO-8859-1, in which
/// each byte is the character of the same number.
fn plain_name<'a>(name: ParamValue<'a>, quirks: QuirkSet) -> Option<Cow<'a, str>> {
    let bytes = escapes::unescaped(name, quirks);
    let text = match &bytes {
        Cow::Borrowed(bytes) => from_utf8(bytes).ok().map(Cow::Borrowed),
        Cow::Owned(bytes) => from_utf8(bytes)
            .ok()
            .map(|text| Cow::Owned(text.to_owned())),
    };
    let in_latin1 = || bytes.iter().copied().map(char::from).collect();
    let latin1 = quirks.has(ClientQuirk::RequestsUsername);
    text.or_else(|| latin1.then(|| Cow::Owned(in_latin1())))
}

/// Reads `username*`, an extended value with a charset and percent-encoding (RFC 8187).
fn extended_name(name: ParamValue<'_>) -> Result<Cow<'_, str>, ReasonText> {
    let name = name.to_str().and_then(|name| ext_value::decode(&name).ok());
    name.map(Cow::Owned)
        .ok_or(reasons::INVALID_EXTENDED_USERNAME)
}
