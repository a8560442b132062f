//! A cursor in a field line, which reads the smallest parts of the grammar: tokens, quoted-strings and parameters.

use super::grammar::ByteClass;
use super::parse_error::{ExpectedSyntax, ParseError};
use super::quoted_string::QuotedString;
use super::unique_params::UniqueParams;
use super::{MAX_EMPTY_ELEMENTS, Param, ParamValue};

/// A position in one field line. Each read moves the position past the bytes that it returns.
///
/// The cursor reads no byte more than twice: it looks ahead only for a name before an `=` and for a token68. Credentials are
/// read once more, to find out whether they are a token68. Therefore the time to read a line is proportional to its length.
#[derive(Clone, Copy)]
pub(super) struct FieldCursor<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> FieldCursor<'a> {
    /// Starts at the beginning of `text`, the field line with the number `line`, counted from 1.
    ///
    /// The cursor skips whitespace at both ends, which is not part of the value (RFC 9110 section 5.5).
    #[inline]
    pub(super) fn new(mut text: &'a [u8], line: usize) -> Self {
        while let [before @ .., b' ' | b'\t'] = text {
            text = before;
        }
        let at = ByteClass::OWS.span(text, 0);
        Self { text, at, line }
    }

    /// Starts at the beginning of `text` that this parser has already read and accepted.
    #[inline]
    pub(super) const fn of_checked(text: &'a [u8]) -> Self {
        let (at, line) = (0, 1);
        Self { text, at, line }
    }

    /// Returns the unread part of the line.
    #[inline]
    pub(super) fn rest(&self) -> &'a [u8] {
        self.text.get(self.at..).unwrap_or_default()
    }

    #[inline]
    pub(super) fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    #[inline]
    pub(super) const fn is_at_end(&self) -> bool {
        self.at >= self.text.len()
    }

    /// Makes an error that says what the grammar expects at this position.
    #[inline]
    pub(super) const fn error(self, expected: ExpectedSyntax) -> ParseError {
        ParseError::new(expected, self.at, self.line)
    }

    /// Reads all consecutive bytes of `class`.
    #[inline]
    pub(super) fn run(&mut self, class: ByteClass) -> &'a [u8] {
        self.up_to(class.span(self.text, self.at))
    }

    /// Skips all consecutive bytes of `class`. Returns whether there was at least one.
    #[inline]
    pub(super) fn skip(&mut self, class: ByteClass) -> bool {
        let start = self.at;
        self.at = class.span(self.text, start);
        self.at > start
    }

    /// Skips `byte` if it is the next one. Returns whether it was.
    #[inline]
    pub(super) fn eat(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    /// Skips whitespace, which is rare here, and `byte` if it follows. Returns whether it did.
    #[inline]
    fn eat_after_space(&mut self, byte: u8) -> bool {
        self.eat(byte) || self.skip(ByteClass::OWS) && self.eat(byte)
    }

    /// `token = 1*tchar`
    #[inline]
    pub(super) fn token(&mut self, expected: ExpectedSyntax) -> Result<&'a [u8], ParseError> {
        match self.run(ByteClass::TCHAR) {
            [] => Err(self.error(expected)),
            token => Ok(token),
        }
    }

    /// `token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="`
    ///
    /// Reads a token68 only if it is the whole list element, apart from whitespace after it. Otherwise this function
    /// returns `None` and does not move. For example, it reads `a=` as a token68. In `a=b` and `a= b` it reads nothing,
    /// because there the `a` is the name of a parameter.
    #[inline]
    pub(super) fn token68(&mut self) -> Option<&'a [u8]> {
        let mut ahead = *self;
        ahead.at = ByteClass::TOKEN68.long_span(self.text, self.at);
        if ahead.at == self.at {
            return None;
        }
        while ahead.eat(b'=') {}
        let end = ahead.at;
        ahead.ends_element().then(|| self.up_to(end))
    }

    /// Skips whitespace and returns whether the list element ends after it.
    #[inline]
    pub(super) fn ends_element(&mut self) -> bool {
        self.skip(ByteClass::OWS);
        matches!(self.peek(), None | Some(b','))
    }

    /// Skips the end of a list element, or fails if the element continues.
    #[inline]
    pub(super) fn end_element(&mut self) -> Result<(), ParseError> {
        if self.eat_after_space(b',') || self.is_at_end() {
            return Ok(());
        }
        Err(self.error(ExpectedSyntax::Comma))
    }

    /// Skips empty list elements. Returns whether another element follows them.
    ///
    /// RFC 9110 section 5.6.1.2: a recipient must accept "a reasonable number of empty list elements". `empty` counts
    /// the empty elements of the whole list, over all lines.
    #[inline]
    pub(super) fn find_element(&mut self, empty: &mut usize) -> Result<bool, ParseError> {
        loop {
            self.skip(ByteClass::OWS);
            if self.peek() != Some(b',') {
                return Ok(!self.is_at_end());
            }
            if *empty == MAX_EMPTY_ELEMENTS {
                return Err(self.error(ExpectedSyntax::FewerEmptyElements));
            }
            *empty += 1;
            self.eat(b',');
        }
    }

    /// Skips any number of commas and whitespace. The caller uses it only for text that this parser has already
    /// accepted.
    #[inline]
    pub(super) fn skip_separators(&mut self) {
        while self.eat(b',') || self.skip(ByteClass::OWS) {}
    }

    /// Checks that a list may start here, after a scheme name and its spaces.
    ///
    /// A list has no whitespace before its first element (RFC 9110 section 5.6.1), and only SP may follow a scheme
    /// name. Therefore HTAB is allowed here only before a comma or before the end of the line.
    #[inline]
    pub(super) fn starts_list(mut self) -> Result<(), ParseError> {
        if self.peek() != Some(b'\t') || self.ends_element() {
            return Ok(());
        }
        Err(self.error(ExpectedSyntax::ParamName))
    }

    /// `auth-param = token BWS "=" BWS ( token / quoted-string )`
    #[inline]
    pub(super) fn param(&mut self) -> Result<Param<'a>, ParseError> {
        let name = self.token(ExpectedSyntax::ParamName)?;
        if !self.eat_after_space(b'=') {
            return Err(self.error(ExpectedSyntax::Equals));
        }
        let value = self.value()?;
        Ok(Param::new(name, value))
    }

    /// Reads an auth-param and adds it to `params`. It fails if `params` already has that name.
    #[inline]
    pub(super) fn new_param(
        &mut self,
        params: &mut UniqueParams<'a>,
    ) -> Result<Param<'a>, ParseError> {
        let start = *self;
        let param = self.param()?;
        let added = params.add(param);
        added.map_err(|expected| start.error(expected))?;
        Ok(param)
    }

    /// Reads the value of a parameter, which is a token or a quoted-string, and whitespace before it.
    #[inline]
    fn value(&mut self) -> Result<ParamValue<'a>, ParseError> {
        if self.eat_after_space(b'"') {
            return self.quoted_string();
        }
        let token = self.token(ExpectedSyntax::ParamValue)?;
        Ok(ParamValue::from_token(token))
    }

    /// Reads the rest of a quoted-string after its opening quote.
    #[inline]
    fn quoted_string(&mut self) -> Result<ParamValue<'a>, ParseError> {
        let string = QuotedString::read(self.text, self.at);
        let raw = self.up_to(string.end);
        if let Some(missing) = string.missing {
            return Err(self.error(missing));
        }
        self.eat(b'"');
        Ok(ParamValue::from_quoted(raw, string.escaped))
    }

    /// Reads all bytes before the position `end`.
    #[inline]
    fn up_to(&mut self, end: usize) -> &'a [u8] {
        let read = self.text.get(self.at..end).unwrap_or_default();
        self.at = end;
        read
    }
}
