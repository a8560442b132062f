//! What a proxy tells a client whose credentials were right: `Proxy-Authentication-Info`.

use headers::{Error, Header};
use http::{HeaderName, HeaderValue};

use super::info::Info;
use super::{AuthenticationInfo, Params, ParseError};

/// `Proxy-Authentication-Info` header, defined in
/// [RFC 9110 section 11.7.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.7.3)
///
/// What [`AuthenticationInfo`] is for a server, for a proxy: it concerns the next client towards the
/// sender only.
///
/// # ABNF
///
/// ```text
/// Proxy-Authentication-Info = #auth-param
/// auth-param = token BWS "=" BWS ( token / quoted-string )
/// ```
///
/// # Example values
///
/// * `nextnonce="47364c23432d2e131a5fb210812c"`
/// * `rspauth="18adba4ac9348ff8b6f81c7ca4f8141c", cnonce="656335d78cef6e86", nc=00000002, qop=auth`
///
/// # Example
///
/// ```
/// use tower_challenge::header::{AuthenticationInfo, ProxyAuthenticationInfo};
///
/// let info = AuthenticationInfo::builder().quoted("nextnonce", "abc").build()?;
/// let info = ProxyAuthenticationInfo::from(info);
/// assert_eq!(info.as_value(), r#"nextnonce="abc""#);
///
/// assert!(ProxyAuthenticationInfo::parse([b"nextnonce".as_slice()]).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyAuthenticationInfo(Info);

impl ProxyAuthenticationInfo {
    /// Reads the field lines of one message, which are one list. An empty list is a list.
    ///
    /// # Errors
    ///
    /// Tells at which octet of which line a line leaves the grammar, or exceeds
    /// [`MAX_PARAMS`](super::MAX_PARAMS) or [`MAX_EMPTY_ELEMENTS`](super::MAX_EMPTY_ELEMENTS).
    pub fn parse<'a>(lines: impl IntoIterator<Item = &'a [u8]>) -> Result<Self, ParseError> {
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

impl From<AuthenticationInfo> for ProxyAuthenticationInfo {
    fn from(info: AuthenticationInfo) -> Self {
        Self(info.into_info())
    }
}

impl Header for ProxyAuthenticationInfo {
    fn name() -> &'static HeaderName {
        static NAME: HeaderName = HeaderName::from_static("proxy-authentication-info");
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
