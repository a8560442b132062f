//! Where a field value leaves the grammar.

use std::error::Error;
use std::fmt;

/// Why a field value is not what its grammar asks for, and where.
///
/// The text says what was expected and at which octet, and never repeats the value: it may hold
/// somebody's password.
///
/// # Example
///
/// ```
/// use tower_challenge::header::Credentials;
///
/// let error = Credentials::parse(b"Digest realm \"a\"").unwrap_err();
/// assert_eq!(error.to_string(), "expected `=` at octet 13 of line 1");
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

    /// The octet of the line at which something else was expected, counted from 0.
    #[must_use]
    pub const fn position(&self) -> usize {
        self.position
    }

    /// The field line, counted from 1; always 1 for a field that has only one.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// Whether there was nothing to read: an empty value, or only spaces and tabs.
    ///
    /// To an empty `Authorization` a server may well answer as to an absent one.
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
        write!(f, "expected {expected} at octet {position} of line {line}")
    }
}

impl Error for ParseError {}

/// What the grammar, or a limit, asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ExpectedSyntax {
    SomeValue,
    SchemeName,
    SchemeEnd,
    SchemeOfParam,
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
            Self::SomeValue => "a value that is not empty",
            Self::SchemeName => "a scheme name",
            Self::SchemeEnd => "a space after the scheme name",
            Self::SchemeOfParam => "a scheme that this parameter could belong to",
            Self::ParamName => "a parameter name",
            Self::NewParamName => "a parameter name that did not come before",
            Self::Equals => "`=`",
            Self::ParamValue => "a token or a quoted-string",
            Self::QuotedChar => "a character that a quoted-string may hold",
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
