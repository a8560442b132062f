//! Writes challenges and parameters in the syntax of senders, without whitespace around `=` and without empty elements.

use bytes::Bytes;
use http::HeaderValue;
use http::header::InvalidHeaderValue;

use super::{Param, Params};

/// A challenge or a list of parameters that is being written.
///
/// This type does not check the parts. The caller has either parsed them or checked them.
#[derive(Clone, Debug)]
pub(super) struct RenderedField {
    text: Vec<u8>,
    /// The length of the scheme name in bytes. 0 if there is no scheme name.
    scheme: usize,
}

impl RenderedField {
    /// Starts a challenge with the scheme `name`.
    pub(super) fn challenge(name: &[u8]) -> Self {
        Self {
            text: name.to_vec(),
            scheme: name.len(),
        }
    }

    /// Starts a list of parameters without a scheme.
    pub(super) const fn params() -> Self {
        Self {
            text: Vec::new(),
            scheme: 0,
        }
    }

    pub(super) fn token68(&mut self, token68: &[u8]) {
        self.text.push(b' ');
        self.text.extend_from_slice(token68);
    }

    pub(super) fn token(&mut self, name: &[u8], token: &[u8]) {
        self.name(name);
        self.text.extend_from_slice(token);
    }

    /// Writes `bytes` as a quoted-string. It escapes only quotes and backslashes, as RFC 9110 section 5.6.4 recommends
    /// to senders.
    pub(super) fn quoted(&mut self, name: &[u8], bytes: impl Iterator<Item = u8>) {
        self.name(name);
        self.text.push(b'"');
        for byte in bytes {
            if matches!(byte, b'"' | b'\\') {
                self.text.push(b'\\');
            }
            self.text.push(byte);
        }
        self.text.push(b'"');
    }

    /// Writes a parameter as a token or as a quoted-string, as it was read.
    pub(super) fn param(&mut self, param: Param<'_>) {
        let (name, value) = (param.name_bytes(), param.value());
        match value.is_quoted() {
            true => self.quoted(name, value.bytes()),
            false => self.token(name, value.raw()),
        }
    }

    /// Returns the parameters that have been written so far.
    pub(super) fn written_params(&self) -> Params<'_> {
        Params::new(self.text.get(self.scheme..).unwrap_or_default())
    }

    pub(super) fn into_value(self) -> Result<HeaderValue, InvalidHeaderValue> {
        HeaderValue::from_maybe_shared(Bytes::from(self.text))
    }

    /// Writes the name of a parameter and `=`. Before the name it writes a space after a scheme name, and a comma after
    /// another parameter.
    fn name(&mut self, name: &[u8]) {
        let separator: &[u8] = match self.text.len() {
            0 => b"",
            length if length == self.scheme => b" ",
            _ => b", ",
        };
        self.text.extend_from_slice(separator);
        self.text.extend_from_slice(name);
        self.text.push(b'=');
    }
}
