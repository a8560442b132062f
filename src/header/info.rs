//! What `Authentication-Info` and `Proxy-Authentication-Info` have in common.

/// A header that is a list of parameters: its docs, its type, and the name of its field. The file that calls it gets
/// these imports, too.
macro_rules! header_of_params {
    ($(#[$docs:meta])* $header:ident = $name:expr) => {
        use http::{HeaderMap, HeaderValue};

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

            /// Reads the field of a message: all of its lines, which are one list. A message without the field has an
            /// empty list.
            ///
            /// # Errors
            ///
            /// As [`parse`](Self::parse) has them.
            pub fn from_headers(headers: &HeaderMap) -> Result<Self, ParseError> {
                let lines = headers.get_all($name);
                Self::parse(lines.iter().map(HeaderValue::as_bytes))
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
    };
}

pub(super) use header_of_params;
