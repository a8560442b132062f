//! The challenges of a server: `WWW-Authenticate`.

use super::challenges::header_of_challenges;
use crate::server_role::ServerRole;

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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message, and [`parse`](Self::parse) those that the
    /// caller has in hand. Each challenge is a field line.
    ///
    /// ```
    /// use http::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
    /// use tower_challenge::header::{Challenge, SchemeName, WwwAuthenticate};
    ///
    /// let challenge = |scheme| Challenge::builder(scheme).quoted("realm", "tea").build();
    /// let both = WwwAuthenticate::from(vec![challenge(SchemeName::BEARER)?, challenge(SchemeName::BASIC)?]);
    ///
    /// let mut headers = HeaderMap::new();
    /// for challenge in both.iter() {
    ///     headers.append(WWW_AUTHENTICATE, challenge.as_value().clone());
    /// }
    /// assert_eq!(headers.get_all(WWW_AUTHENTICATE).iter().count(), 2);
    /// assert_eq!(WwwAuthenticate::from_headers(&headers)?, both);
    ///
    /// // A proxy on the way may have joined the lines.
    /// let joined = HeaderValue::from_static(r#"Bearer realm="tea", Basic realm="tea""#);
    /// assert_eq!(WwwAuthenticate::parse([joined.as_bytes()])?, both);
    ///
    /// // A parameter without a scheme is refused, and the challenges of the other lines with it.
    /// headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"realm="tea""#));
    /// headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
    /// let error = WwwAuthenticate::from_headers(&headers).unwrap_err();
    /// assert_eq!((error.line(), error.position()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` it is a typed header of the crate `headers`, too.
    WwwAuthenticate = ServerRole::Origin.challenge_field()
}
