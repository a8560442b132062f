//! The challenges of a proxy: `Proxy-Authenticate`.

use http::header::PROXY_AUTHENTICATE;

use super::challenges::header_of_challenges;

header_of_challenges! {
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
    ProxyAuthenticate = PROXY_AUTHENTICATE
}
