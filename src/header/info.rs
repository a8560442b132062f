//! What `Authentication-Info` and `Proxy-Authentication-Info` have in common.

/// A header that is a list of parameters: its docs, its type, and the name of its field. The file that calls it gets
/// these imports, too.
macro_rules! header_of_params {
    ($(#[$docs:meta])* $header:ident = $name:literal) => {
        use headers::{Error, Header};
        use http::{HeaderName, HeaderValue};

        use super::parse_error::ExpectedSyntax;
        use super::{Params, ParseError, parse};

        $(#[$docs])*
        #[derive(Clone, Debug)]
        pub struct $header {
            /// In sender syntax.
            pub(super) value: HeaderValue,
        }

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
                let value = parse::params(lines)?.into_value();
                // The grammar is narrower than a field value, so that this does not fail.
                let value = value.map_err(|_| ParseError::new(ExpectedSyntax::QuotedChar, 0, 1))?;
                Ok(Self { value })
            }

            /// The parameters.
            #[must_use]
            pub fn params(&self) -> Params<'_> {
                Params::new(self.value.as_bytes())
            }

            /// The field value, in one line.
            #[must_use]
            pub const fn as_value(&self) -> &HeaderValue {
                &self.value
            }

            /// The field value, in one line.
            #[must_use]
            pub fn into_value(self) -> HeaderValue {
                self.value
            }
        }

        impl PartialEq for $header {
            fn eq(&self, other: &Self) -> bool {
                self.params().same_as(other.params())
            }
        }

        impl Eq for $header {}

        impl Header for $header {
            fn name() -> &'static HeaderName {
                static NAME: HeaderName = HeaderName::from_static($name);
                &NAME
            }

            fn decode<'i, I>(values: &mut I) -> Result<Self, Error>
            where
                I: Iterator<Item = &'i HeaderValue>,
            {
                let read = Self::parse(values.map(HeaderValue::as_bytes));
                read.map_err(|_| Error::invalid())
            }

            /// One field line; none if there are no parameters.
            fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
                let value = Some(self.value.clone());
                values.extend(value.filter(|value| !value.is_empty()));
            }
        }
    };
}

pub(super) use header_of_params;
