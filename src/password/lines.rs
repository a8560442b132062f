//! Which lines does a file of accounts have?

/// The lines that hold an account, each with its number, counted from 1.
///
/// A byte order mark before the first line is dropped, and so is a carriage return at the end of each. Empty lines and
/// those that start with `#` hold nothing. The last line may have no line end.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = (1..).zip(lines);
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Whether `name` can be one of Basic and Digest: not empty, without spaces around it, which nobody means to be there, and
/// without control characters, which Basic cannot carry (RFC 7617 section 2).
pub(crate) fn is_name(name: &str) -> bool {
    // A byte order mark is one of these when files are joined: it cannot be seen either.
    let unfit = |letter: char| letter.is_control() || letter == '\u{feff}';
    !name.is_empty() && name.trim() == name && !name.chars().any(unfit)
}
