//! Reads a list of challenges.
//!
//! In such a list a comma separates challenges, and a comma also separates the parameters of one challenge. Therefore
//! the reader looks ahead after each comma. If it finds a token and `=`, the list element is a parameter of the
//! challenge before it. Otherwise the element begins with the name of the next scheme. For example, `Digest a=b, c=d,
//! Basic e=f` has two challenges.

use super::cursor::FieldCursor;
use super::grammar::ByteClass;
use super::parse_error::{ExpectedSyntax, ParseError};
use super::rendered::RenderedField;
use super::unique_params::UniqueParams;
use super::{Challenge, MAX_CHALLENGES};

impl Challenge {
    /// Reads exactly one challenge.
    ///
    /// To read a field that may have several challenges, use [`WwwAuthenticate`](super::WwwAuthenticate) or
    /// [`ProxyAuthenticate`](super::ProxyAuthenticate).
    ///
    /// # Errors
    ///
    /// Returns the position at which the text violates the grammar. It is also an error if the text has no challenge,
    /// or more than one.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::header::Challenge;
    ///
    /// let challenge = Challenge::parse(b"Negotiate oRQwEqADCgEB")?;
    /// assert_eq!(challenge.token68(), Some("oRQwEqADCgEB"));
    ///
    /// let error = Challenge::parse(b"Negotiate, NTLM").unwrap_err();
    /// assert_eq!(error.to_string(), "expected exactly one challenge at byte 0 of line 1");
    /// # Ok::<(), tower_challenge::header::ParseError>(())
    /// ```
    pub fn parse(text: &[u8]) -> Result<Self, ParseError> {
        let mut challenges = challenges([text])?;
        match (challenges.pop(), challenges.is_empty()) {
            (Some(challenge), true) => Ok(challenge),
            (Some(_), false) => Err(FieldCursor::new(text, 1).error(ExpectedSyntax::OneChallenge)),
            (None, _) => Err(FieldCursor::new(text, 1).error(ExpectedSyntax::SomeValue)),
        }
    }
}

/// Reads the challenges of all `lines`, which together are one list (RFC 9110 section 5.3).
pub(super) fn challenges<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Challenge>, ParseError> {
    ChallengeList::default().read(lines)
}

/// Reads the elements of `Authentication-Control`, which are challenges with at least one parameter (RFC 8053 section 4).
pub(super) fn with_params<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Challenge>, ParseError> {
    let list = ChallengeList {
        requires_params: true,
        ..ChallengeList::default()
    };
    list.read(lines)
}

/// The state of a reader that is inside a list of challenges.
#[derive(Default)]
struct ChallengeList<'a> {
    challenges: Vec<Challenge>,
    last: Option<OpenChallenge<'a>>,
    /// How many empty list elements the reader has skipped, over all lines.
    empty: usize,
    /// Whether each challenge must have a parameter. A token68 is none.
    requires_params: bool,
}

/// The challenge to which the next parameter belongs.
struct OpenChallenge<'a> {
    /// The position of the scheme name.
    start: FieldCursor<'a>,
    rendered: RenderedField,
    params: UniqueParams<'a>,
    /// Whether a space follows the scheme name and begins a list of parameters. In `X, a=b` none does, so that `a=b` is
    /// an error.
    takes_params: bool,
}

impl<'a> ChallengeList<'a> {
    fn read(
        mut self,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<Vec<Challenge>, ParseError> {
        for (line, text) in (1..).zip(lines) {
            self.read_line(FieldCursor::new(text, line))?;
        }
        self.close_last()?;
        Ok(self.challenges)
    }

    fn read_line(&mut self, mut cursor: FieldCursor<'a>) -> Result<(), ParseError> {
        while cursor.find_element(&mut self.empty)? {
            self.read_element(&mut cursor)?;
            cursor.end_element()?;
        }
        Ok(())
    }

    fn read_element(&mut self, cursor: &mut FieldCursor<'a>) -> Result<(), ParseError> {
        let mut ahead = *cursor;
        ahead.token(ExpectedSyntax::SchemeName)?;
        ahead.skip(ByteClass::OWS);
        match ahead.peek() {
            Some(b'=') => self.read_param(cursor),
            _ => self.read_challenge(cursor),
        }
    }

    fn read_param(&mut self, cursor: &mut FieldCursor<'a>) -> Result<(), ParseError> {
        match &mut self.last {
            Some(last) if last.takes_params => last.read_param(cursor),
            _ => Err(cursor.error(ExpectedSyntax::SchemeOfParam)),
        }
    }

    fn read_challenge(&mut self, cursor: &mut FieldCursor<'a>) -> Result<(), ParseError> {
        self.close_last()?;
        if self.challenges.len() == MAX_CHALLENGES {
            return Err(cursor.error(ExpectedSyntax::FewerChallenges));
        }
        self.last = Some(OpenChallenge::read(cursor)?);
        Ok(())
    }

    fn close_last(&mut self) -> Result<(), ParseError> {
        let Some(last) = self.last.take() else {
            return Ok(());
        };
        if self.requires_params && last.params.as_slice().is_empty() {
            return Err(last.start.error(ExpectedSyntax::ParamOfScheme));
        }
        // This cannot fail: every byte that the grammar allows is allowed in a field value.
        let value = last.rendered.into_value();
        let value = value.map_err(|_| ParseError::new(ExpectedSyntax::QuotedChar, 0, 1))?;
        self.challenges.push(Challenge::from_rendered(value));
        Ok(())
    }
}

impl<'a> OpenChallenge<'a> {
    fn read(cursor: &mut FieldCursor<'a>) -> Result<Self, ParseError> {
        let start = *cursor;
        let scheme = cursor.token(ExpectedSyntax::SchemeName)?;
        let mut challenge = Self {
            start,
            rendered: RenderedField::challenge(scheme),
            params: UniqueParams::new(),
            takes_params: false,
        };
        challenge.read_form(cursor)?;
        Ok(challenge)
    }

    fn read_form(&mut self, cursor: &mut FieldCursor<'a>) -> Result<(), ParseError> {
        if !cursor.skip(ByteClass::SP) {
            return end_of_bare_scheme(cursor);
        }
        if let Some(token68) = cursor.token68() {
            self.rendered.token68(token68);
            return Ok(());
        }
        self.takes_params = true;
        cursor.starts_list()?;
        match cursor.ends_element() {
            true => Ok(()),
            false => self.read_param(cursor),
        }
    }

    fn read_param(&mut self, cursor: &mut FieldCursor<'a>) -> Result<(), ParseError> {
        let param = cursor.new_param(&mut self.params)?;
        self.rendered.param(param);
        Ok(())
    }
}

/// Checks that a scheme name without a space after it is the whole list element. HTAB does not separate a scheme name
/// from parameters (RFC 9110 section 11.3).
fn end_of_bare_scheme(cursor: &FieldCursor<'_>) -> Result<(), ParseError> {
    let mut ahead = *cursor;
    match ahead.ends_element() {
        true => Ok(()),
        false => Err(cursor.error(ExpectedSyntax::SchemeEnd)),
    }
}
