//! What a sender writes: no whitespace around `=`, no empty elements, quotes only where they are.

use bytes::Bytes;
use http::HeaderValue;
use http::header::InvalidHeaderValue;

use super::{Param, Params};

/// A challenge, or a list of parameters, as far as it has been written.
///
/// It checks nothing: whoever writes has read the parts or checked them.
#[derive(Clone, Debug)]
pub(super) struct RenderedField {
    text: Vec<u8>,
    /// How long the scheme name is.
    scheme: usize,
}

impl RenderedField {
    /// A challenge of the scheme `name`.
    pub(super) fn challenge(name: &[u8]) -> Self {
        Self {
            text: name.to_vec(),
            scheme: name.len(),
        }
    }

    /// A list of parameters without a scheme.
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

    /// Writes `octets` as a quoted-string, with a backslash only where there must be one:
    /// RFC 9110 section 5.6.4.
    pub(super) fn quoted(&mut self, name: &[u8], octets: impl Iterator<Item = u8>) {
        self.name(name);
        self.text.push(b'"');
        for octet in octets {
            if matches!(octet, b'"' | b'\\') {
                self.text.push(b'\\');
            }
            self.text.push(octet);
        }
        self.text.push(b'"');
    }

    /// Writes a parameter in the form in which it was read.
    pub(super) fn param(&mut self, param: Param<'_>) {
        let (name, value) = (param.name_octets(), param.value());
        match value.is_quoted() {
            true => self.quoted(name, value.octets()),
            false => self.token(name, value.raw()),
        }
    }

    /// The parameters written so far.
    pub(super) fn written_params(&self) -> Params<'_> {
        Params::new(self.text.get(self.scheme..).unwrap_or_default())
    }

    pub(super) fn into_value(self) -> Result<HeaderValue, InvalidHeaderValue> {
        HeaderValue::from_maybe_shared(Bytes::from(self.text))
    }

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
