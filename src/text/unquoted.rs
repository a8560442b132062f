//! Where does a list go on, and not a quoted-string in it (RFC 9110 section 5.6.4)?

/// Finds each `separator` that is in no quoted-string. It has to be asked of every octet in turn, from the left, and takes
/// a quoted-string without an end for one that goes on to the end.
///
/// For fields of which one part that breaks the grammar spoils nothing else. `header` reads its own by the letter.
pub(crate) fn unquoted(separator: u8) -> impl FnMut(u8) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    move |octet| {
        let is_unquoted = octet == separator && !quoted;
        quoted ^= octet == b'"' && !escaped;
        escaped = octet == b'\\' && quoted && !escaped;
        is_unquoted
    }
}
