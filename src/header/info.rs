//! The code that `Authentication-Info` and `Proxy-Authentication-Info` share.

/// Defines a header that is a list of parameters. The arguments are its documentation, its type and its field name.
///
/// The macro also adds the imports that it needs to the file that calls it.
macro_rules! header_of_params {
    ($(#[$docs:meta])* $header:ident = $name:expr) => {
        use http::{HeaderMap, HeaderValue};

        use super::parse_error::ExpectedSyntax;
        use super::{Params, ParseError, parse};

        $(#[$docs])*
        #[derive(Clone, Debug)]
        pub struct $header {
            /// Always in the syntax of senders.
            pub(super) value: HeaderValue,
        }

        impl $header {
            /// Reads all field lines of one message, which together are one list. The list may be empty.
            ///
            /// # Errors
            ///
            /// Returns the line and the byte at which the field violates the grammar, or exceeds
            /// [`MAX_PARAMS`](super::MAX_PARAMS) or [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS).
            pub fn parse<'a>(
                lines: impl IntoIterator<Item = &'a [u8]>,
            ) -> Result<Self, ParseError> {
                let value = parse::params(lines)?.into_value();
                // This cannot fail: every byte that the grammar allows is allowed in a field value.
                let value = value.map_err(|_| ParseError::new(ExpectedSyntax::QuotedChar, 0, 1))?;
                Ok(Self { value })
            }

            /// Reads this field from the headers of a message, with all of its lines.
            ///
            /// If the message does not have the field, the list is empty.
            ///
            /// # Errors
            ///
            /// Fails for the same reasons as [`parse`](Self::parse).
            pub fn from_headers(headers: &HeaderMap) -> Result<Self, ParseError> {
                let lines = headers.get_all($name);
                Self::parse(lines.iter().map(HeaderValue::as_bytes))
            }

            /// Returns the parameters.
            #[must_use]
            pub fn params(&self) -> Params<'_> {
                Params::new(self.value.as_bytes())
            }

            /// Returns the field value, which fits into one field line.
            #[must_use]
            pub const fn as_value(&self) -> &HeaderValue {
                &self.value
            }

            /// Converts this header into its field value, which fits into one field line.
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
