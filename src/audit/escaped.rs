//! Escapes text from clients and other untrusted sources, so that it can stand in a log.

use std::fmt::{self, Write as _};

/// Shows untrusted text so that a log can hold it: on one line, without control characters, and at a bounded length.
///
/// Use it for every text that a client, a database or a file has written, before the text goes into a log.
///
/// Printable characters are shown as they are, except the double quote, the backslash and the equals sign. These three,
/// and every character that is not printable, are shown as an escape such as `\"`, `\n` or `\u{1b}`. Spaces other than
/// the ordinary space and characters that change the direction of writing are escaped, too. So a client cannot end a
/// line or a quoted value, and cannot imitate a field of the log. For example, a user name with a line break in it is
/// shown with `\n` in its place.
///
/// A text whose shown form takes more than 256 bytes is cut between two characters, and `…` follows the cut. A `…` that
/// the text itself holds is escaped, so a `…` in the log always marks a cut.
///
/// # Example
///
/// ```
/// use tower_challenge::audit::EscapedText;
///
/// assert_eq!(EscapedText("J\u{e4}s\u{f8}n Doe").to_string(), "J\u{e4}s\u{f8}n Doe");
///
/// let forged = "ada\"\nsshd: Failed password, client=6.6.6.6";
/// assert_eq!(EscapedText(forged).to_string(), r#"ada\"\nsshd: Failed password, client\u{3d}6.6.6.6"#);
///
/// let long = EscapedText(&"a".repeat(1 << 20)).to_string();
/// assert_eq!(long, format!("{}…", "a".repeat(256)));
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct EscapedText<'a>(pub &'a str);

/// The largest number of bytes that the shown form has, without the mark of a cut.
const LONGEST: usize = 256;

/// The mark of a cut. The same character in the text is escaped, so that no client can imitate a cut.
const CUT: char = '…';

/// How one character is shown.
#[derive(Clone)]
enum EscapedChar {
    Itself(char),
    Escaped(std::char::EscapeDebug),
    ByNumber(std::char::EscapeUnicode),
}

impl EscapedChar {
    fn of(c: char) -> Self {
        match c {
            '=' | CUT => Self::ByNumber(c.escape_unicode()),
            // `escape_debug` would escape the apostrophe. Values in a log are in double quotes, which it cannot end.
            '\'' => Self::Itself(c),
            _ => Self::Escaped(c.escape_debug()),
        }
    }

    /// The length in bytes.
    fn length(&self) -> usize {
        match self {
            Self::Itself(c) => c.len_utf8(),
            Self::Escaped(all) => all.clone().map(char::len_utf8).sum(),
            Self::ByNumber(all) => all.len(),
        }
    }
}

impl fmt::Display for EscapedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Itself(c) => f.write_char(*c),
            Self::Escaped(all) => all.fmt(f),
            Self::ByNumber(all) => all.fmt(f),
        }
    }
}

impl fmt::Display for EscapedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut left = LONGEST;
        for shown in self.0.chars().map(EscapedChar::of) {
            let Some(rest) = left.checked_sub(shown.length()) else {
                return f.write_char(CUT);
            };
            left = rest;
            shown.fmt(f)?;
        }
        Ok(())
    }
}

/// Shows the same text in double quotes.
impl fmt::Debug for EscapedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
