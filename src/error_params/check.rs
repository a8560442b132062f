//! Checks the values of the auth-params that RFC 6750 section 3 defines.

use std::fmt;

use super::uri_reference::is_uri_reference;

/// The reason why a parameter cannot have a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InvalidParamValue {
    /// The byte at this position, counted from 0, is not allowed.
    Byte(usize),
    /// A list of scopes has two spaces in a row, a space at an end, or no scope at all.
    ScopeGap,
    NotAUriReference,
}

impl fmt::Display for InvalidParamValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(position) => {
                write!(
                    f,
                    "the byte at position {position} is not allowed in the value"
                )
            }
            Self::ScopeGap => {
                f.write_str("an empty scope is not allowed, separate scopes by exactly one space")
            }
            Self::NotAUriReference => {
                f.write_str("the value is not a URI reference (RFC 3986 section 4.1)")
            }
        }
    }
}

/// Checks `value` if `name` is `error`, `error_description`, `error_uri` or `scope`.
///
/// RFC 6750 section 3 allows fewer characters in these parameters than a quoted-string does. For example, none of them
/// may contain a quote or a backslash. An `error_uri` must also be a URI reference. This function accepts any value for
/// a parameter with another name.
///
/// The rules do not depend on the scheme, because these parameters have the same meaning in every scheme that uses them
/// (RFC 9449 section 7.1).
pub(crate) fn check(name: &str, value: &[u8]) -> Result<(), InvalidParamValue> {
    let is = |other: &str| name.eq_ignore_ascii_case(other);
    let (is_uri, is_scope) = (is("error_uri"), is("scope"));
    if !is_uri && !is_scope && !is("error") && !is("error_description") {
        return Ok(());
    }
    let is_allowed = |byte: u8| is_scope_char(byte) || byte == b' ' && !is_uri;
    if let Some(position) = value.iter().position(|byte| !is_allowed(*byte)) {
        return Err(InvalidParamValue::Byte(position));
    }
    if is_uri && !is_uri_reference(value) {
        return Err(InvalidParamValue::NotAUriReference);
    }
    // scope = scope-token *( SP scope-token )
    let mut scopes = value.split(|byte| *byte == b' ');
    match is_scope && scopes.any(<[u8]>::is_empty) {
        true => Err(InvalidParamValue::ScopeGap),
        false => Ok(()),
    }
}

const fn is_scope_char(byte: u8) -> bool {
    matches!(byte, 0x21 | 0x23..=0x5B | 0x5D..=0x7E)
}

#[cfg(test)]
mod tests {
    use super::is_scope_char;

    #[test]
    fn a_scope_has_exactly_the_bytes_of_its_abnf() {
        let mut abnf = vec![0x21];
        abnf.extend((0x23..=0x5B).chain(0x5D..=0x7E));
        let held: Vec<u8> = (0..=u8::MAX).filter(|byte| is_scope_char(*byte)).collect();
        assert_eq!(held, abnf);
    }
}
