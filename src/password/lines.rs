//! Splits files of accounts into lines and names, for htpasswd, htdigest and Mutual alike.

use crate::config_error::ConfigError;

/// The lines of `file` that can hold an account, each with its line number, counted from 1.
///
/// Blanks around a line are trimmed, as Apache does it: spaces, tabs, vertical tabs, form feeds and carriage returns.
/// Then empty lines and lines that start with `#` are left out. A byte order mark at the start of the file is trimmed,
/// too. In front of any other line it is a part of the name, which [`read_name`] refuses.
pub(crate) fn lines(file: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let file = file.strip_prefix(BYTE_ORDER_MARK).unwrap_or(file);
    let lines = file.split(|byte| *byte == b'\n').map(trim);
    (1..)
        .zip(lines)
        .filter(|(_, line)| !line.is_empty() && line[0] != b'#')
}

const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// Removes the bytes that C's `isspace` counts as blanks. `trim_ascii` would leave vertical tabs in place.
fn trim(mut line: &[u8]) -> &[u8] {
    while let [b' ' | b'\t'..=b'\r', rest @ ..] | [rest @ .., b' ' | b'\t'..=b'\r'] = line {
        line = rest;
    }
    line
}

/// Reads the name of an account, which Basic and Digest can send.
///
/// # Errors
///
/// - The name is not UTF-8.
/// - The name is empty, or has blanks around it. For example, only a client that sends the name `ada` with a blank at
///   its end could use an account `ada :..`, so the blank is a mistake in the file.
/// - The name has a control character in it, which Basic cannot carry (RFC 7617 section 2).
pub(crate) fn read_name(name: &[u8]) -> Result<&str, ConfigError> {
    let name = read_text(name, "name")?;
    // Where files were joined, the byte order mark of the second file is in front of a name or inside of one, and no
    // editor shows it.
    let unfit = |letter: char| letter.is_control() || letter == '\u{feff}';
    if name.is_empty() || name.trim() != name || name.chars().any(unfit) {
        return Err(ConfigError::new(
            "invalid name: it must not be empty, and must have no blanks around it and no control characters in it",
        ));
    }
    Ok(name)
}

/// Reads a part of a line as UTF-8. `part` says in the error which part it is.
///
/// # Errors
///
/// The part is not UTF-8.
pub(crate) fn read_text<'a>(bytes: &'a [u8], part: &str) -> Result<&'a str, ConfigError> {
    std::str::from_utf8(bytes)
        .map_err(|_| ConfigError::new(format!("the {part} is not valid UTF-8")))
}
