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
