//! The `Proxy-Authenticate` field, with the challenges of a proxy.

use super::challenges::header_of_challenges;
use crate::server_role::ServerRole;

header_of_challenges! {
    /// `Proxy-Authenticate` header, defined in
    /// [RFC 9110 section 11.7.1](https://www.rfc-editor.org/rfc/rfc9110#section-11.7.1)
    ///
    /// A proxy sends this field to tell a client with which schemes the client can authenticate to the proxy. Each
    /// challenge names a scheme and has the parameters that the client needs for it.
    ///
    /// A `407` response has at least one challenge. The field is only for the next client on the response chain, so
    /// that a proxy usually does not forward the field.
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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message. [`parse`](Self::parse) reads field
    /// lines that the caller has already taken out of a message. To write the field, append one line for each
    /// challenge.
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
    /// // An intermediary may join the lines. The result means the same.
    /// let joined = HeaderValue::from_static(r#"Bearer realm="gate", Basic realm="gate""#);
    /// assert_eq!(ProxyAuthenticate::parse([joined.as_bytes()])?, both);
    ///
    /// // A parameter without a scheme is an error, and this error discards the challenges of all lines.
    /// headers.insert(PROXY_AUTHENTICATE, HeaderValue::from_static(r#"realm="gate""#));
    /// headers.append(PROXY_AUTHENTICATE, HeaderValue::from_static("Negotiate"));
    /// let error = ProxyAuthenticate::from_headers(&headers).unwrap_err();
    /// assert_eq!((error.line(), error.position()), (1, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
    ProxyAuthenticate = ServerRole::Proxy.challenge_field()
}
