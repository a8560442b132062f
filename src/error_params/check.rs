//! What may the auth-params say that RFC 6750 section 3 defines?

use std::fmt;

use super::uri_reference::is_uri_reference;

/// Why a value cannot be that of a parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvalidParamValue {
    Octet(usize),
    ScopeGap,
    NotAUriReference,
}

impl fmt::Display for InvalidParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Octet(place) => write!(f, "octet {place} is not allowed in it"),
            Self::ScopeGap => f.write_str("one space goes between scopes, and none around them"),
            Self::NotAUriReference => f.write_str("it is no URI reference (RFC 3986 section 4.1)"),
        }
    }
}

/// Checks the alphabets of RFC 6750 section 3, which are narrower than that of a quoted-string, and the syntax of an
/// `error_uri`. A parameter of any other name may say anything.
///
/// Parameters of these names mean the same in every scheme that has them (RFC 9449 section 7.1), so the scheme is not
/// asked.
pub(crate) fn check(name: &str, value: &[u8]) -> Result<(), InvalidParamValue> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let (is_uri, is_scope) = (is("error_uri"), is("scope"));
    if !is_uri && !is_scope && !is("error") && !is("error_description") {
        return Ok(());
    }
    let is_allowed = |octet: u8| is_scope_char(octet) || octet == b' ' && !is_uri;
    if let Some(place) = value.iter().position(|octet| !is_allowed(*octet)) {
        return Err(InvalidParamValue::Octet(place));
    }
    if is_uri && !is_uri_reference(value) {
        return Err(InvalidParamValue::NotAUriReference);
    }
    // scope = scope-token *( SP scope-token )
    let mut scopes = value.split(|octet| *octet == b' ');
    match is_scope && scopes.any(<[u8]>::is_empty) {
        true => Err(InvalidParamValue::ScopeGap),
        false => Ok(()),
    }
}

const fn is_scope_char(octet: u8) -> bool {
    matches!(octet, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

#[cfg(test)]
mod tests {
    use super::is_scope_char;

    #[test]
    fn a_scope_has_the_octets_of_its_abnf_and_no_other() {
        let mut abnf = vec![0x21];
        abnf.extend((0x23..=0x5B).chain(0x5D..=0x7E));
        let held: Vec<u8> = (0..=u8::MAX)
            .filter(|octet| is_scope_char(*octet))
            .collect();
        assert_eq!(held, abnf);
    }
}
