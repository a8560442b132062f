//! The error for a field value that violates the grammar, with its position.

use std::error::Error;
use std::fmt;

use crate::config_error::ConfigError;

/// Reports that a field value violates its grammar or exceeds a limit, and at which position.
///
/// The message says what the parser expected, at which byte and in which line. It never repeats a part of the value,
/// because the value may contain a password or a token.
///
/// # Example
///
/// ```
/// use tower_challenge::header::Credentials;
///
/// let error = Credentials::parse(b"Digest realm \"a\"").unwrap_err();
/// assert_eq!(error.to_string(), "expected `=` at byte 13 of line 1");
/// assert_eq!((error.line(), error.position()), (1, 13));
///
/// assert!(Credentials::parse(b"Digest realm=\"a\"").is_ok());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError {
    expected: ExpectedSyntax,
    position: usize,
    line: usize,
}

impl ParseError {
    pub(super) const fn new(expected: ExpectedSyntax, position: usize, line: usize) -> Self {
        Self {
            expected,
            position,
            line,
        }
    }

    /// Returns the position of the error in its line, in bytes, counted from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// Returns the number of the field line, counted from 1. It is always 1 for a field that has only one line.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Returns whether the value is empty or has only spaces and tabs.
    ///
    /// A server can use this to treat an empty `Authorization` field as if the request had no such field.
    #[must_use]
    pub fn is_empty_value(&self) -> bool {
        self.expected == ExpectedSyntax::SomeValue
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            expected,
            position,
            line,
        } = self;
        let expected = expected.text();
        write!(f, "expected {expected} at byte {position} of line {line}")
    }
}

impl Error for ParseError {}

/// A text of the configuration breaks the grammar, for example the argument of
/// [`SchemeName::parse`](super::SchemeName::parse).
impl From<ParseError> for ConfigError {
    fn from(error: ParseError) -> Self {
        Self::new(format!("the text breaks the grammar of RFC 9110: {error}"))
    }
}

/// The part of the grammar, or the limit, that the value violates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpectedSyntax {
    SomeValue,
    SchemeName,
    SchemeEnd,
    SchemeOfParam,
    ParamOfScheme,
    ParamName,
    NewParamName,
    Equals,
    ParamValue,
    QuotedChar,
    ClosingQuote,
    Comma,
    End,
    OneChallenge,
    FewerParams,
    FewerEmptyElements,
    FewerChallenges,
}

impl ExpectedSyntax {
    const fn text(self) -> &'static str {
        match self {
            Self::SomeValue => "a non-empty value",
            Self::SchemeName => "a scheme name",
            Self::SchemeEnd => "a space after the scheme name",
            Self::SchemeOfParam => "a scheme that this parameter can belong to",
            Self::ParamOfScheme => "a scheme with at least one parameter",
            Self::ParamName => "a parameter name",
            Self::NewParamName => "a parameter name that occurs only once",
            Self::Equals => "`=`",
            Self::ParamValue => "a token or a quoted-string",
            Self::QuotedChar => "a character that is allowed in a quoted-string",
            Self::ClosingQuote => "a closing `\"`",
            Self::Comma => "a comma",
            Self::End => "the end of the value",
            Self::OneChallenge => "exactly one challenge",
            Self::FewerParams => "no more than 32 parameters",
            Self::FewerEmptyElements => "no more than 64 empty elements",
            Self::FewerChallenges => "no more than 64 challenges",
        }
    }
}
