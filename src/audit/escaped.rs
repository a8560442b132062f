//! How is shown what a stranger has written?

use std::fmt::{self, Write as _};

/// What somebody else has written, fit for a log: on one line, without control characters, and of a bounded length.
///
/// What is printable stands for itself, except the double quote, the backslash and the equals sign. Everything else
/// becomes `\n`, `\"`, `\u{1b}` and the like, and so does a space that is not the ordinary one and what changes the
/// direction of writing. So nothing that a client sends ends a line or a quoted value, nor looks like a field of the
/// log. What takes more than 256 octets is cut between two characters, and ends with `…`, which means nothing else.
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

/// How many octets are shown.
const LONGEST: usize = 256;

/// Where something was cut off. Whoever writes this character has it escaped.
const CUT: char = '…';

/// How one character is shown.
#[derive(Clone)]
enum EscapedChar {
    Itself(char),
    EscapedText(std::char::EscapeDebug),
    ByNumber(std::char::EscapeUnicode),
}

impl EscapedChar {
    fn of(c: char) -> Self {
        match c {
            '=' | CUT => Self::ByNumber(c.escape_unicode()),
            // In double quotes it ends nothing.
            '\'' => Self::Itself(c),
            _ => Self::EscapedText(c.escape_debug()),
        }
    }

    /// In octets.
    fn length(&self) -> usize {
        match self {
            Self::Itself(c) => c.len_utf8(),
            Self::EscapedText(all) => all.clone().map(char::len_utf8).sum(),
            Self::ByNumber(all) => all.len(),
        }
    }
}

impl fmt::Display for EscapedChar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Itself(c) => f.write_char(*c),
            Self::EscapedText(all) => all.fmt(f),
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

/// The same, in double quotes.
impl fmt::Debug for EscapedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}
