//! What `WWW-Authenticate` and `Proxy-Authenticate` have in common.

use bytes::Bytes;
use headers::Error;
use http::HeaderValue;

use super::{Challenge, ParseError, parse};

/// A list of challenges.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Challenges(Vec<Challenge>);

impl Challenges {
    pub(super) fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
        parse::challenges(lines).map(Self)
    }

    pub(super) fn as_slice(&self) -> &[Challenge] {
        &self.0
    }

    /// Sender syntax of a list: RFC 9110 section 5.6.1.1.
    pub(crate) fn join(&self) -> Option<HeaderValue> {
        let values = self
            .0
            .iter()
            .map(|challenge| challenge.as_value().as_bytes());
        let joined = values.collect::<Vec<_>>().join(b", ".as_slice());
        // Field values joined by a comma and a space are a field value: `ok` hides no error.
        let value = HeaderValue::from_maybe_shared(Bytes::from(joined)).ok();
        value.filter(|_| !self.0.is_empty())
    }

    pub(super) fn decode<'i>(values: impl Iterator<Item = &'i HeaderValue>) -> Result<Self, Error> {
        Self::parse(values.map(HeaderValue::as_bytes)).map_err(|_| Error::invalid())
    }

    pub(super) fn encode(&self, values: &mut impl Extend<HeaderValue>) {
        values.extend(self.0.iter().map(|challenge| challenge.as_value().clone()));
    }
}

impl From<Vec<Challenge>> for Challenges {
    fn from(challenges: Vec<Challenge>) -> Self {
        Self(challenges)
    }
}

/// A header that is a list of challenges: its docs, its type, and the name of its field.
macro_rules! header_of_challenges {
    ($(#[$docs:meta])* $header:ident = $name:expr) => {
        $(#[$docs])*
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $header(Challenges);

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
                Challenges::parse(lines).map(Self)
            }

            /// The challenges, in the order of the wire.
            pub fn iter(&self) -> std::slice::Iter<'_, Challenge> {
                self.as_slice().iter()
            }

            /// The challenges, in the order of the wire.
            #[must_use]
            pub fn as_slice(&self) -> &[Challenge] {
                self.0.as_slice()
            }

            /// All challenges in one field line; `None` if there are none.
            ///
            /// Many clients read only one challenge of a line, and not all the first. Prefer a line for
            /// each, as the header does when it is encoded.
            #[must_use]
            pub fn join(&self) -> Option<HeaderValue> {
                self.0.join()
            }
        }

        impl From<Vec<Challenge>> for $header {
            fn from(challenges: Vec<Challenge>) -> Self {
                Self(Challenges::from(challenges))
            }
        }

        impl Header for $header {
            fn name() -> &'static HeaderName {
                &$name
            }

            fn decode<'i, I>(values: &mut I) -> Result<Self, Error>
            where
                I: Iterator<Item = &'i HeaderValue>,
            {
                Challenges::decode(values).map(Self)
            }

            /// One field line for each challenge.
            fn encode<E: Extend<HeaderValue>>(&self, values: &mut E) {
                self.0.encode(values);
            }
        }
    };
}

pub(super) use header_of_challenges;
