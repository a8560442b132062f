//! What `Authentication-Info` and `Proxy-Authentication-Info` have in common.

use headers::Error;
use http::HeaderValue;

use super::parse_error::Expected;
use super::{Params, ParseError, parse};

/// A list of parameters without a scheme, in sender syntax.
#[derive(Clone, Debug)]
pub(super) struct Info {
    value: HeaderValue,
}

impl Info {
    pub(super) fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
        let value = parse::params(lines)?.into_value();
        // The grammar is narrower than a field value, so that this does not fail.
        let value = value.map_err(|_| ParseError::new(Expected::QuotedChar, 0, 1))?;
        Ok(Self { value })
    }

    /// `value` was rendered from checked parameters.
    pub(super) const fn from_rendered(value: HeaderValue) -> Self {
        Self { value }
    }

    pub(super) fn params(&self) -> Params<'_> {
        Params::new(self.value.as_bytes())
    }

    pub(super) const fn as_value(&self) -> &HeaderValue {
        &self.value
    }

    pub(super) fn into_value(self) -> HeaderValue {
        self.value
    }

    pub(super) fn decode<'i>(values: impl Iterator<Item = &'i HeaderValue>) -> Result<Self, Error> {
        Self::parse(values.map(HeaderValue::as_bytes)).map_err(|_| Error::invalid())
    }

    pub(super) fn encode(&self, values: &mut impl Extend<HeaderValue>) {
        let value = Some(self.value.clone());
        values.extend(value.filter(|value| !value.is_empty()));
    }
}

impl PartialEq for Info {
    fn eq(&self, other: &Self) -> bool {
        self.params().same_as(other.params())
    }
}

impl Eq for Info {}
