//! The origin of the server, as signatures cover it and as browsers write it.

use http::header::{HeaderMap, HeaderName, ORIGIN};
use http::uri::Authority;
use http::{HeaderValue, Uri};

use crate::config_error::ConfigError;
use crate::derives::writes;

/// Says of a browser's request where the page is that sent it.
const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The origin of the server, with its port: for example `https://example.com:443`. Every signature covers it.
///
/// It comes from the configuration, never from a request: an attacker who forwards requests chooses `Host`.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::hoba::HobaOrigin;
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let origin = HobaOrigin::parse("https://Example.com")?;
/// assert_eq!(origin.as_str(), "https://example.com:443");
/// assert_eq!(origin.as_web_origin(), "https://example.com");
/// assert!(HobaOrigin::parse("http://example.com").is_err(), "clear text is for the local machine only");
/// assert_eq!(HobaOrigin::parse("http://127.0.0.1:8080")?.as_str(), "http://127.0.0.1:8080");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HobaOrigin {
    text: Box<str>,
    /// Without the port if it is the default port of the scheme: RFC 6454 section 6.2.
    web: Box<str>,
    is_tls: bool,
}

impl HobaOrigin {
    /// Reads an origin: a scheme and a host, and a port if it is not the default port. The host is put into lower case.
    ///
    /// # Errors
    ///
    /// The text is not a URL, or has user information, a path, a query or a fragment. Or its scheme is not `https`;
    /// `http` is allowed for the local machine only: `localhost`, `127.0.0.1` and `[::1]`.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let parsed = Self::read(text);
        parsed.ok_or_else(|| {
            ConfigError::new(format!(
                "{text:?} is not an origin for HOBA: write it as `https://example.com` or `https://example.com:8443`"
            ))
        })
    }

    fn read(text: &str) -> Option<Self> {
        let uri = text.parse::<Uri>().ok()?;
        let authority = uri.authority()?;
        let is_bare = matches!(uri.path(), "" | "/") && uri.query().is_none();
        let is_plain = !text.contains(['#', '@', '%', '\\']);
        let host = authority.host().to_ascii_lowercase();
        let is_local = ["localhost", "127.0.0.1", "[::1]"].contains(&&*host);
        let (scheme, default_port) = match uri.scheme_str()? {
            "https" => ("https", 443),
            "http" if is_local => ("http", 80),
            _ => return None,
        };
        let port = port(authority, default_port)?;
        let web = match port == default_port {
            true => format!("{scheme}://{host}"),
            false => format!("{scheme}://{host}:{port}"),
        };
        (is_bare && is_plain && !host.is_empty()).then(|| Self {
            text: format!("{scheme}://{host}:{port}").into(),
            web: web.into(),
            is_tls: scheme == "https",
        })
    }

    /// Returns the origin with its port, as signatures cover it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Returns the origin as browsers write it into the field `Origin`: without a default port.
    #[must_use]
    pub fn as_web_origin(&self) -> &str {
        &self.web
    }

    /// Whether clients reach the server through TLS. They do not if the origin is `http` on the local machine.
    #[must_use]
    pub const fn is_tls(&self) -> bool {
        self.is_tls
    }

    /// Whether a page of another origin made a browser send the request. A program that is no browser sends neither
    /// field, and is not refused: no page controls it.
    pub(crate) fn is_foreign(&self, fields: &HeaderMap) -> bool {
        let is_other = |value: &HeaderValue| value.as_bytes() != self.web.as_bytes();
        let mut site = fields.get_all(SEC_FETCH_SITE).iter();
        let is_other_site =
            |value: &HeaderValue| !matches!(value.as_bytes(), b"same-origin" | b"none");
        fields.get_all(ORIGIN).iter().any(is_other) || site.any(is_other_site)
    }
}

/// The port of an origin. Returns `None` if it is empty, zero or too large. The crate `http` then says that there is none.
fn port(authority: &Authority, default: u16) -> Option<u16> {
    let is_absent = authority.as_str().len() == authority.host().len();
    match authority.port_u16() {
        None if is_absent => Some(default),
        port => port.filter(|port| *port > 0),
    }
}

writes! { impl[] HobaOrigin[] as self => &self.text }
