//! The code that `WWW-Authenticate` and `Proxy-Authenticate` share.

use bytes::Bytes;
use http::HeaderValue;

use super::Challenge;

/// Joins `challenges` into one field value, in the list syntax of senders (RFC 9110 section 5.6.1.1). Returns `None` if
/// there are no challenges.
pub(crate) fn join(challenges: &[Challenge]) -> Option<HeaderValue> {
    join_values(challenges.iter().map(Challenge::as_value))
}

/// Joins list elements into one field value. Returns `None` if there are none.
pub(super) fn join_values<'a>(
    values: impl Iterator<Item = &'a HeaderValue>,
) -> Option<HeaderValue> {
    let values: Vec<_> = values.map(HeaderValue::as_bytes).collect();
    let joined = values.join(b", ".as_slice());
    // This cannot fail: field values that are joined by a comma and a space are a valid field value.
    let value = HeaderValue::from_maybe_shared(Bytes::from(joined)).ok();
    value.filter(|_| !values.is_empty())
}

/// Defines a header that is a list of challenges. The arguments are its documentation, its type and its field name.
///
/// The macro also adds the imports that it needs to the file that calls it.
macro_rules! header_of_challenges {
    ($(#[$docs:meta])* $header:ident = $name:expr) => {
        use http::{HeaderMap, HeaderValue};

        use super::{Challenge, ParseError, challenge_list};

        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $header(Vec<Challenge>);

        impl $header {
            /// Reads all field lines of one message, which together are one list. The list may be empty.
            ///
            /// # Errors
            ///
            /// Returns the line and the byte at which the field violates the grammar or exceeds
            /// [`MAX_CHALLENGES`](super::MAX_CHALLENGES), [`MAX_PARAMS`](super::MAX_PARAMS) or
            /// [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS).
            ///
            /// An error in one line discards the challenges of all lines, because the reader can no longer be certain
            /// where one challenge ends and the next begins.
            pub fn parse<'a>(
                lines: impl IntoIterator<Item = &'a [u8]>,
            ) -> Result<Self, ParseError> {
                challenge_list::challenges(lines).map(Self)
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

            /// Iterates over the challenges in the order in which the message has them.
            pub fn iter(&self) -> std::slice::Iter<'_, Challenge> {
                self.0.iter()
            }

            /// Returns the challenges in the order in which the message has them.
            #[must_use]
            pub fn as_slice(&self) -> &[Challenge] {
                &self.0
            }

            /// Joins all challenges into the value of one field line. Returns `None` if there are no challenges.
            ///
            /// Many clients read only one challenge of each line, and they do not all read the first one. Prefer one
            /// line for each challenge, as the example of this type shows.
            #[must_use]
            pub fn join(&self) -> Option<HeaderValue> {
                super::challenges::join(&self.0)
            }
        }

        impl From<Vec<Challenge>> for $header {
            fn from(challenges: Vec<Challenge>) -> Self {
                Self(challenges)
            }
        }
    };
}

pub(super) use header_of_challenges;
