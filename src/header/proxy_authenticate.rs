//! The challenges of a proxy: `Proxy-Authenticate`.

use super::challenges::header_of_challenges;
use crate::server_role::ServerRole;

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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message, and [`parse`](Self::parse) those that the
    /// caller has in hand. Each challenge is a field line.
    ///
    /// ```
    /// use http::header::{HeaderMap, HeaderValue, PROXY_AUTHENTICATE};
    /// use tower_challenge::header::{Challenge, ProxyAuthenticate, SchemeName};
    ///
    /// let challenge = |scheme| Challenge::builder(scheme).quoted("realm", "gate").build();
    /// let both = ProxyAuthenticate::from(vec![challenge(SchemeName::BEARER)?, challenge(SchemeName::BASIC)?]);
    ///
    /// let mut headers = HeaderMap::new();
    /// for challenge in both.iter() {
    ///     headers.append(PROXY_AUTHENTICATE, challenge.as_value().clone());
    /// }
    /// assert_eq!(headers.get_all(PROXY_AUTHENTICATE).iter().count(), 2);
    /// assert_eq!(ProxyAuthenticate::from_headers(&headers)?, both);
    ///
    /// // A proxy on the way may have joined the lines.
    /// let joined = HeaderValue::from_static(r#"Bearer realm="gate", Basic realm="gate""#);
    /// assert_eq!(ProxyAuthenticate::parse([joined.as_bytes()])?, both);
    ///
    /// // A parameter without a scheme is refused, and the challenges of the other lines with it.
    /// headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static(r#"realm="gate""#));
    /// headers.append(PROXY_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
    /// let error = ProxyAuthenticate::from_headers(&headers).unwrap_err();
    /// assert_eq!((error.line(), error.position()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` it is a typed header of the crate `headers`, too.
    ProxyAuthenticate = ServerRole::Proxy.challenge_field()
}
