//! Finds the separators of a list that are not inside a quoted-string (RFC 9110 section 5.6.4).

/// Returns a function that finds each `separator` outside quoted-strings.
///
/// The caller calls the function with each byte of the text, from the left to the right. It returns whether that byte
/// is a separator. For example, with the separator `,` it finds one separator in `"a,b",c`. A quoted-string without a
/// closing quote extends to the end of the text.
///
/// Use it for fields in which an invalid element does not make the others invalid, such as `Accept`. The room `header`
/// does not use it, because its parsers refuse every violation of the grammar.
pub(crate) fn unquoted(separator: u8) -> impl FnMut(u8) -> bool {
    let (mut quoted, mut escaped) = (false, false);
    move |byte| {
        let is_unquoted = byte == separator && !quoted;
        quoted ^= byte == b'"' && !escaped;
        escaped = byte == b'\\' && quoted && !escaped;
        is_unquoted
    }
}
