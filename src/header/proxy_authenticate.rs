//! The challenges of a proxy: `Proxy-Authenticate`.

use headers::{Error, Header};
use http::header::PROXY_AUTHENTICATE;
use http::{HeaderName, HeaderValue};

use super::challenges::Challenges;
use super::{Challenge, ParseError};

/// `Proxy-Authenticate` header, defined in
/// [RFC 9110 section 11.7.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.7.1)
///
/// A proxy names the schemes with which it may be used, each with what a client needs to know for
/// it. A 407 has at least one challenge. It concerns the next client towards the sender only, so a
/// proxy does not pass it on.
///
/// # ABNF
///
/// ```text
/// Proxy-Authenticate = #challenge
/// challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
/// ```
///
/// # Example values
///
/// * `Basic realm="gate"`
/// * `Negotiate, Basic realm="gate"`
///
/// # Example
///
/// ```
/// use headers::{HeaderMap, HeaderMapExt};
/// use tower_challenge::header::{Challenge, SchemeName, ProxyAuthenticate};
///
/// let challenge = |scheme| Challenge::builder(scheme).quoted("realm", "gate").build();
/// let both = vec![challenge(SchemeName::BEARER)?, challenge(SchemeName::BASIC)?];
///
/// let mut headers = HeaderMap::new();
/// headers.typed_insert(ProxyAuthenticate::from(both));
/// assert_eq!(headers.get_all("proxy-authenticate").iter().count(), 2);
/// let read = headers.typed_get::<ProxyAuthenticate>();
/// assert!(read.is_some_and(|read| read.as_slice()[1].scheme() == SchemeName::BASIC));
///
/// let error = ProxyAuthenticate::parse([b"realm=\"gate\"".as_slice()]).unwrap_err();
/// assert_eq!(error.position(), 0);
/// # Ok::<(), tower_challenge::header::InvalidChallenge>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyAuthenticate(Challenges);

impl ProxyAuthenticate {
    /// Reads the field lines of one message, which are one list. An empty list is a list.
    ///
    /// # Errors
    ///
    /// Tells at which octet of which line a line leaves the grammar, or exceeds
    /// [`MAX_CHALLENGES`](super::MAX_CHALLENGES), [`MAX_PARAMS`](super::MAX_PARAMS) or
    /// [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS). Then none of the challenges is shown:
    /// where one ends and the next begins is no longer certain.
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
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

impl From<Vec<Challenge>> for ProxyAuthenticate {
    fn from(challenges: Vec<Challenge>) -> Self {
        Self(Challenges::from(challenges))
    }
}

impl Header for ProxyAuthenticate {
    fn name() -> &'static HeaderName {
        &PROXY_AUTHENTICATE
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
