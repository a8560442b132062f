//! What `WWW-Authenticate` and `Proxy-Authenticate` have in common.

use bytes::Bytes;
use http::HeaderValue;

use super::Challenge;

/// All of them in one field value, in the sender syntax of a list (RFC 9110 section 5.6.1.1); `None` if there are none.
pub(crate) fn join(challenges: &[Challenge]) -> Option<HeaderValue> {
    let values = challenges.iter().map(|it| it.as_value().as_bytes());
    let joined = values.collect::<Vec<_>>().join(b", ".as_slice());
    // Field values joined by a comma and a space are a field value: `ok` hides no error.
    let value = HeaderValue::from_maybe_shared(Bytes::from(joined)).ok();
    value.filter(|_| !challenges.is_empty())
}

/// A header that is a list of challenges: its docs, its type, and the name of its field. The file that calls it gets
/// these imports, too.
macro_rules! header_of_challenges {
    ($(#[$docs:meta])* $header:ident = $name:expr) => {
        use http::{HeaderMap, HeaderValue};

        use super::{Challenge, ParseError, challenge_list};

        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $header(Vec<Challenge>);

        impl $header {
            /// Reads the field lines of one message, which are one list. An empty list is a list.
            ///
            /// # Errors
            ///
            /// Tells at which octet of which line a line leaves the grammar, or exceeds
            /// [`MAX_CHALLENGES`](super::MAX_CHALLENGES), [`MAX_PARAMS`](super::MAX_PARAMS) or
            /// [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS). Then none of the challenges is shown:
            /// where one ends and the next begins is no longer certain.
            pub fn parse<'a>(
                lines: impl IntoIterator<Item = &'a [u8]>,
            ) -> Result<Self, ParseError> {
                challenge_list::challenges(lines).map(Self)
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

            /// The challenges, in the order of the wire.
            pub fn iter(&self) -> std::slice::Iter<'_, Challenge> {
                self.0.iter()
            }

            /// The challenges, in the order of the wire.
            #[must_use]
            pub fn as_slice(&self) -> &[Challenge] {
                &self.0
            }

            /// All challenges in one field line; `None` if there are none.
            ///
            /// Many clients read only one challenge of a line, and not all the first. Prefer a line for
            /// each, as the example of this type does.
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
