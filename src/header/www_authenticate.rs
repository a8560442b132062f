//! The challenges of a server: `WWW-Authenticate`.

use http::header::WWW_AUTHENTICATE;

use super::challenges::header_of_challenges;

header_of_challenges! {
    /// `WWW-Authenticate` header, defined in
    /// [RFC 9110 section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)
    ///
    /// A server names the schemes with which its target resource may be reached, each with what a
    /// client needs to know for it. A 401 has at least one challenge; other responses may have some,
    /// to say that credentials, or others, might change the answer.
    ///
    /// # ABNF
    ///
    /// ```text
    /// WWW-Authenticate = #challenge
    /// challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
    /// ```
    ///
    /// # Example values
    ///
    /// * `Basic realm="simple"`
    /// * `Negotiate, Newauth realm="apps", type=1, title="Login to \"apps\""`
    /// * `Bearer realm="example", error="invalid_token"`
    ///
    /// # Example
    ///
    /// ```
    /// use headers::{HeaderMap, HeaderMapExt};
    /// use tower_challenge::header::{Challenge, SchemeName, WwwAuthenticate};
    ///
    /// let challenge = |scheme| Challenge::builder(scheme).quoted("realm", "tea").build();
    /// let both = vec![challenge(SchemeName::BEARER)?, challenge(SchemeName::BASIC)?];
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.typed_insert(WwwAuthenticate::from(both));
    /// assert_eq!(headers.get_all("www-authenticate").iter().count(), 2);
    /// let read = headers.typed_get::<WwwAuthenticate>();
    /// assert!(read.is_some_and(|read| read.as_slice()[1].scheme() == SchemeName::BASIC));
    ///
    /// let error = WwwAuthenticate::parse([b"realm=\"tea\"".as_slice()]).unwrap_err();
    /// assert_eq!(error.position(), 0);
    /// # Ok::<(), tower_challenge::header::InvalidChallenge>(())
    /// ```
    WwwAuthenticate = WWW_AUTHENTICATE
}
