//! The lines and the names of files of accounts, htpasswd and htdigest alike.

/// The lines of `text` that hold an account, each with its line number, counted from 1.
///
/// A byte order mark at the start of the text and a carriage return at the end of a line are dropped. Empty lines and
/// lines that start with `#` are skipped. The last line may have no line end.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let lines = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let lines = (1..).zip(lines);
    lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'))
}

/// Whether `name` can be the name of an account in Basic and Digest.
///
/// The name must not be empty. It must have no control characters, which Basic cannot carry (RFC 7617 section 2). It
/// must have no spaces around it, which are a mistake in the file: the account could only be used by a client that
/// sends them.
pub(crate) fn is_name(name: &str) -> bool {
    // When files are joined, the byte order mark of the second file ends up in front of a name, where no editor shows
    // it.
    let unfit = |letter: char| letter.is_control() || letter == '\u{feff}';
    !name.is_empty() && name.trim() == name && !name.chars().any(unfit)
}
