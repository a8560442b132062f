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

/// A header that is a list of parameters: its docs, its type, and the name of its field.
macro_rules! header_of_params {
    ($(#[$docs:meta])* $header:ident = $name:literal) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $header(pub(super) Info);

        impl $header {
            /// Reads the field lines of one message, which are one list. An empty list is a list.
            ///
            /// # Errors
            ///
            /// Tells at which octet of which line a line leaves the grammar, or exceeds
            /// [`MAX_PARAMS`](super::MAX_PARAMS) or [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS).
            pub fn parse<'a>(
                lines: impl IntoIterator<Item = &'a [u8]>,
            ) -> Result<Self, ParseError> {
                Info::parse(lines).map(Self)
            }

            /// The parameters.
            #[must_use]
            pub fn params(&self) -> Params<'_> {
                self.0.params()
            }

            /// The field value, in one line.
            #[must_use]
            pub const fn as_value(&self) -> &HeaderValue {
                self.0.as_value()
            }

            /// The field value, in one line.
            #[must_use]
            pub fn into_value(self) -> HeaderValue {
                self.0.into_value()
            }
        }

        impl Header for $header {
            fn name() -> &'static HeaderName {
                static NAME: HeaderName = HeaderName::from_static($name);
                &NAME
            }

            fn decode<'i, I>(values: &mut I) -> Result<Self, Error>
            where
                I: Iterator<Item = &'i HeaderValue>,
            {
                Info::decode(values).map(Self)
            }

            /// One field line; none if there are no parameters.
            fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
                self.0.encode(values);
            }
        }
    };
}

pub(super) use header_of_params;
