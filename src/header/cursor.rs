//! Where a reader stands in a field line, and the smallest things it reads there.

use super::grammar::ByteClass;
use super::parse_error::{ExpectedSyntax, ParseError};
use super::quoted_string::QuotedString;
use super::unique_params::UniqueParams;
use super::{MAX_EMPTY_ELEMENTS, Param, ParamValue};

/// A place in one field line. Every read moves it past what was read.
///
/// Nothing is looked at twice except one name before an `=` and one token68, so reading a line
/// takes time in proportion to its length.
#[derive(Clone, Copy)]
pub(super) struct FieldCursor<'a> {
    text: &'a [u8],
    at: usize,
    line: usize,
}

impl<'a> FieldCursor<'a> {
    /// The start of `text`, which is the field line number `line`.
    ///
    /// Whitespace at both ends is no part of the value: RFC 9110 section 5.5.
    #[inline]
    pub(super) fn new(mut text: &'a [u8], line: usize) -> Self {
        while let [before @ .., b' ' | b'\t'] = text {
            text = before;
        }
        let at = ByteClass::OWS.span(text, 0);
        Self { text, at, line }
    }

    /// The start of text that has been read before.
    #[inline]
    pub(super) const fn again(text: &'a [u8]) -> Self {
        let (at, line) = (0, 1);
        Self { text, at, line }
    }

    /// What is still to be read.
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

    /// An error that says that something else was expected here.
    #[inline]
    pub(super) const fn error(self, expected: ExpectedSyntax) -> ParseError {
        ParseError::new(expected, self.at, self.line)
    }

    /// Reads as many octets of `class` as there are.
    #[inline]
    pub(super) fn run(&mut self, class: ByteClass) -> &'a [u8] {
        self.up_to(class.span(self.text, self.at))
    }

    /// Passes over octets of `class`. Says whether there were any.
    #[inline]
    pub(super) fn skip(&mut self, class: ByteClass) -> bool {
        let start = self.at;
        self.at = class.span(self.text, start);
        self.at > start
    }

    /// Passes over `octet` if it is the next.
    #[inline]
    pub(super) fn eat(&mut self, octet: u8) -> bool {
        let is_next = self.peek() == Some(octet);
        self.at += usize::from(is_next);
        is_next
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
    /// Only if nothing but whitespace follows in the list element; otherwise nothing is read. So
    /// `a=` is a token68, and in `a=b` and `a= b` the `a` is the name of a parameter.
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

    /// Whether the list element ends here, after optional whitespace, which is passed over.
    #[inline]
    pub(super) fn ends_element(&mut self) -> bool {
        self.skip(ByteClass::OWS);
        matches!(self.peek(), None | Some(b','))
    }

    /// Passes over the end of a list element.
    #[inline]
    pub(super) fn end_element(&mut self) -> Result<(), ParseError> {
        self.skip(ByteClass::OWS);
        if self.is_at_end() || self.eat(b',') {
            return Ok(());
        }
        Err(self.error(ExpectedSyntax::Comma))
    }

    /// Passes over empty list elements. Says whether an element that is not empty starts here.
    ///
    /// RFC 9110 section 5.6.1.2: a recipient must accept "a reasonable number of empty list
    /// elements". `empty` counts those of the whole list.
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

    /// Passes over commas and whitespace, however many; in text that has been read before.
    #[inline]
    pub(super) fn skip_separators(&mut self) {
        while self.eat(b',') || self.skip(ByteClass::OWS) {}
    }

    /// Checks that a list may start here, after a scheme name and its spaces.
    ///
    /// The first element of a list has no whitespace before it (RFC 9110 section 5.6.1) and a
    /// scheme name only SP after it, so HTAB may stand here only before a comma or the end.
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
        self.skip(ByteClass::OWS);
        if !self.eat(b'=') {
            return Err(self.error(ExpectedSyntax::Equals));
        }
        self.skip(ByteClass::OWS);
        let value = self.value()?;
        Ok(Param::new(name, value))
    }

    /// An auth-param whose name is not in `params` yet.
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

    #[inline]
    fn value(&mut self) -> Result<ParamValue<'a>, ParseError> {
        if self.eat(b'"') {
            return self.quoted_string();
        }
        let token = self.token(ExpectedSyntax::ParamValue)?;
        Ok(ParamValue::from_token(token))
    }

    /// Reads a quoted-string after its first quote.
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

    /// Reads everything before `end`.
    #[inline]
    fn up_to(&mut self, end: usize) -> &'a [u8] {
        let read = self.text.get(self.at..end).unwrap_or_default();
        self.at = end;
        read
    }
}
