//! The `WWW-Authenticate` field, with the challenges of a server.

use super::challenges::header_of_challenges;
use crate::server_role::ServerRole;

header_of_challenges! {
    /// `WWW-Authenticate` header, defined in
    /// [RFC 9110 section 11.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1)
    ///
    /// A server sends this field to tell a client with which schemes the client can authenticate to the target
    /// resource. Each challenge names a scheme and has the parameters that the client needs for it.
    ///
    /// A `401` response has at least one challenge. Other responses may have challenges, too. There they tell the
    /// client that credentials, or different credentials, might change the response.
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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message. [`parse`](Self::parse) reads field
    /// lines that the caller has already taken out of a message. To write the field, append one line for each
    /// challenge.
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
    /// // An intermediary may join the lines. The result means the same.
    /// let joined = HeaderValue::from_static(r#"Bearer realm="tea", Basic realm="tea""#);
    /// assert_eq!(WwwAuthenticate::parse([joined.as_bytes()])?, both);
    ///
    /// // A parameter without a scheme is an error, and this error discards the challenges of all lines.
    /// headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(r#"realm="tea""#));
    /// headers.append(WWW_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
    /// let error = WwwAuthenticate::from_headers(&headers).unwrap_err();
    /// assert_eq!((error.line(), error.position()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
    WwwAuthenticate = ServerRole::Origin.challenge_field()
}
