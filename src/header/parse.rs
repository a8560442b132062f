//! How a field line is read: credentials, challenges, Authentication-Info.
//!
//! ```text
//! challenge   = auth-scheme [ 1*SP ( token68 / #auth-param ) ]     ; in a list
//! credentials = auth-scheme [ 1*SP ( token68 / #auth-param ) ]     ; alone in its field
//! Authentication-Info = #auth-param
//! ```
//!
//! A comma separates both challenges and parameters. `token BWS "="` after a comma is a parameter
//! of the challenge before it, anything else the name of the next scheme.

use super::challenge::Challenge;
use super::cursor::Cursor;
use super::grammar::Class;
use super::parse_error::{Expected, ParseError};
use super::rendered::Rendered;
use super::unique_params::UniqueParams;
use super::{MAX_CHALLENGES, Params};

/// What follows the name of a scheme.
#[derive(Clone, Copy)]
pub(super) enum Form<'a> {
    Token68(&'a [u8]),
    /// Also when nothing follows.
    Params(Params<'a>),
}

/// What follows the name of a scheme in credentials.
#[derive(Clone)]
#[expect(
    clippy::large_enum_variant,
    reason = "credentials are read without an allocation"
)]
pub(super) enum CredentialForm<'a> {
    Bare,
    Token68(&'a [u8]),
    /// As they were sent, and the same as a list.
    Params(Params<'a>, UniqueParams<'a>),
}

/// Splits the scheme's name off credentials. What follows is for [`credentials`] to read, or for the scheme.
#[inline]
pub(super) fn scheme_of_credentials(value: &[u8]) -> Result<(&[u8], Cursor<'_>), ParseError> {
    let mut cursor = Cursor::new(value, 1);
    if cursor.is_at_end() {
        return Err(cursor.error(Expected::SomeValue));
    }
    let scheme = cursor.token(Expected::SchemeName)?;
    if !cursor.skip(Class::SP) && !cursor.is_at_end() {
        return Err(cursor.error(Expected::SchemeEnd));
    }
    Ok((scheme, cursor))
}

/// Reads what follows the name of the scheme in credentials, to the end.
#[inline]
pub(super) fn credentials(mut cursor: Cursor<'_>) -> Result<CredentialForm<'_>, ParseError> {
    if cursor.is_at_end() {
        return Ok(CredentialForm::Bare);
    }
    match cursor.token68() {
        Some(token68) if cursor.is_at_end() => Ok(CredentialForm::Token68(token68)),
        Some(_) => Err(cursor.error(Expected::End)),
        None => params_of_credentials(cursor),
    }
}

fn params_of_credentials(mut cursor: Cursor<'_>) -> Result<CredentialForm<'_>, ParseError> {
    let text = Params::new(cursor.rest());
    let (mut list, mut empty) = (UniqueParams::new(), 0);
    cursor.starts_list()?;
    while cursor.find_element(&mut empty)? {
        cursor.new_param(&mut list)?;
        cursor.end_element()?;
    }
    Ok(CredentialForm::Params(text, list))
}

/// Finds the parts of a challenge that has been read before and rendered.
pub(super) fn challenge_again(text: &[u8]) -> (&[u8], Form<'_>) {
    let mut cursor = Cursor::again(text);
    let scheme = cursor.run(Class::TCHAR);
    cursor.skip(Class::SP);
    match cursor.token68() {
        Some(token68) => (scheme, Form::Token68(token68)),
        None => (scheme, Form::Params(Params::new(cursor.rest()))),
    }
}

/// Reads the parameters of all `lines`, which are one list (RFC 9110 section 5.3).
pub(super) fn params<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Rendered, ParseError> {
    let (mut list, mut empty) = (UniqueParams::new(), 0);
    let mut rendered = Rendered::params();
    for (line, text) in (1..).zip(lines) {
        let mut cursor = Cursor::new(text, line);
        while cursor.find_element(&mut empty)? {
            rendered.param(cursor.new_param(&mut list)?);
            cursor.end_element()?;
        }
    }
    Ok(rendered)
}

/// Reads the challenges of all `lines`, which are one list (RFC 9110 section 5.3).
pub(super) fn challenges<'a>(
    lines: impl IntoIterator<Item = &'a [u8]>,
) -> Result<Vec<Challenge>, ParseError> {
    let mut list = ChallengeList::default();
    for (line, text) in (1..).zip(lines) {
        list.read_line(Cursor::new(text, line))?;
    }
    list.close_last()?;
    Ok(list.challenges)
}

/// Reads exactly one challenge.
pub(super) fn challenge(text: &[u8]) -> Result<Challenge, ParseError> {
    let mut challenges = challenges([text])?;
    match (challenges.pop(), challenges.is_empty()) {
        (Some(challenge), true) => Ok(challenge),
        (Some(_), false) => Err(Cursor::new(text, 1).error(Expected::OneChallenge)),
        (None, _) => Err(Cursor::new(text, 1).error(Expected::SomeValue)),
    }
}

/// A list of challenges as far as it has been read.
#[derive(Default)]
struct ChallengeList<'a> {
    challenges: Vec<Challenge>,
    last: Option<OpenChallenge<'a>>,
    empty: usize,
}

/// The challenge that the next parameter would belong to.
struct OpenChallenge<'a> {
    rendered: Rendered,
    params: UniqueParams<'a>,
    /// Whether a space after the scheme name has begun a list of parameters.
    takes_params: bool,
}

impl<'a> ChallengeList<'a> {
    fn read_line(&mut self, mut cursor: Cursor<'a>) -> Result<(), ParseError> {
        while cursor.find_element(&mut self.empty)? {
            self.read_element(&mut cursor)?;
            cursor.end_element()?;
        }
        Ok(())
    }

    fn read_element(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        let mut ahead = *cursor;
        ahead.token(Expected::SchemeName)?;
        ahead.skip(Class::OWS);
        match ahead.peek() {
            Some(b'=') => self.read_param(cursor),
            _ => self.read_challenge(cursor),
        }
    }

    fn read_param(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        match &mut self.last {
            Some(last) if last.takes_params => last.read_param(cursor),
            _ => Err(cursor.error(Expected::SchemeOfParam)),
        }
    }

    fn read_challenge(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        self.close_last()?;
        if self.challenges.len() == MAX_CHALLENGES {
            return Err(cursor.error(Expected::FewerChallenges));
        }
        self.last = Some(OpenChallenge::read(cursor)?);
        Ok(())
    }

    fn close_last(&mut self) -> Result<(), ParseError> {
        let Some(last) = self.last.take() else {
            return Ok(());
        };
        // The grammar is narrower than a field value, so that this does not fail.
        let value = last.rendered.into_value();
        let value = value.map_err(|_| ParseError::new(Expected::QuotedChar, 0, 1))?;
        self.challenges.push(Challenge::from_rendered(value));
        Ok(())
    }
}

impl<'a> OpenChallenge<'a> {
    fn read(cursor: &mut Cursor<'a>) -> Result<Self, ParseError> {
        let scheme = cursor.token(Expected::SchemeName)?;
        let mut challenge = Self {
            rendered: Rendered::challenge(scheme),
            params: UniqueParams::new(),
            takes_params: false,
        };
        challenge.read_form(cursor)?;
        Ok(challenge)
    }

    fn read_form(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        if !cursor.skip(Class::SP) {
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

    fn read_param(&mut self, cursor: &mut Cursor<'a>) -> Result<(), ParseError> {
        let param = cursor.new_param(&mut self.params)?;
        self.rendered.param(param);
        Ok(())
    }
}

/// A scheme name without a space ends its element: HTAB is no separator (RFC 9110 section 11.3).
fn end_of_bare_scheme(cursor: &Cursor<'_>) -> Result<(), ParseError> {
    let mut ahead = *cursor;
    match ahead.ends_element() {
        true => Ok(()),
        false => Err(cursor.error(Expected::SchemeEnd)),
    }
}
