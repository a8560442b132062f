//! Decides whether a path is in normal form, so that all servers on the way resolve it alike.

use crate::text::percent;

/// The maximum length of a public path, in bytes.
pub(super) const MAX_LENGTH: usize = 1024;

/// Whether `segment` is in normal form (RFC 3986 section 6) and contains no percent-encoded character.
///
/// This is stricter than the RFC: it also refuses characters that a file system reads as a separator, such as a
/// backslash, or that a framework reads as the start of a parameter, such as `;`.
pub(super) fn is_normal_segment(segment: &str) -> bool {
    !is_dots(segment) && segment.bytes().all(is_plain)
}

/// Whether the application may name `path` as a public path: it is in normal form, and its percent-encoded characters
/// are characters of a file name. For example, `/price%20list.pdf` is such a path.
pub(super) fn is_nameable(path: &str) -> bool {
    let segments = path.strip_prefix('/').map(|rest| rest.split('/'));
    path.len() <= MAX_LENGTH
        && segments.is_some_and(|mut segments| segments.all(is_nameable_segment))
}

fn is_nameable_segment(segment: &str) -> bool {
    !is_dots(segment) && has_normal_escapes(segment) && is_file_name(segment)
}

fn is_dots(segment: &str) -> bool {
    matches!(segment, "" | "." | "..")
}

fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!$&'()+,=:@".contains(&byte)
}

/// Whether each escape is in the normal form of RFC 3986 section 6.2.2: its digits are in upper case, and its character
/// needs the escape. For example, `%c3` and `%61` are not in normal form.
fn has_normal_escapes(segment: &str) -> bool {
    let mut escapes = segment.split('%').skip(1).map(str::as_bytes);
    escapes.all(|escape| {
        let byte = percent::escaped(escape).map(|(byte, _)| byte);
        byte.is_some_and(|byte| {
            !percent::is_unreserved(byte) && escape.starts_with(&percent::escape(byte)[1..])
        })
    })
}

/// Whether the decoded segment is a file name that all programs read alike.
///
/// It is UTF-8. It contains no control character, no separator, and no escape that a second decoding would find. No
/// white space stands at its ends, where some file systems remove it.
fn is_file_name(segment: &str) -> bool {
    let plain = |byte| is_plain(byte).then_some(byte);
    let name = percent::decode(segment.as_bytes(), plain);
    let name = name.and_then(|name| String::from_utf8(name).ok());
    name.is_some_and(|name| {
        let is_odd = |c: char| c.is_control() || matches!(c, '/' | '\\' | ';');
        let mut parts = name.as_bytes().split(|byte| *byte == b'%').skip(1);
        name.trim() == name
            && !name.contains(is_odd)
            && parts.all(|part| percent::escaped(part).is_none())
    })
}
