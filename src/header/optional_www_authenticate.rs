//! The `Optional-WWW-Authenticate` field, with which a server offers a login that a request does not need.

use super::challenges::header_of_challenges;
use http::HeaderName;

/// The name of the field.
pub(crate) const OPTIONAL_WWW_AUTHENTICATE: HeaderName =
    HeaderName::from_static("optional-www-authenticate");

header_of_challenges! {
    /// `Optional-WWW-Authenticate` header, defined in
    /// [RFC 8053 section 3](https://www.rfc-editor.org/rfc/rfc8053#section-3) (experimental)
    ///
    /// A server sends this field to tell a client that it can authenticate, although the server has served the request
    /// without. The challenges are the same as those of a `401` to the same request.
    ///
    /// A `401` never has this field. A client that does not know the field ignores it. No browser knows it.
    /// [`RequireAuth::offer_login`](crate::RequireAuth::offer_login) writes it.
    ///
    /// # ABNF
    ///
    /// ```text
    /// Optional-WWW-Authenticate = 1#challenge
    /// challenge = auth-scheme [ 1*SP ( token68 / #auth-param ) ]
    /// ```
    ///
    /// # Example values
    ///
    /// * `Basic realm="notes"`
    /// * `Digest realm="notes", nonce="MTU", Basic realm="notes"`
    ///
    /// # Example
    ///
    /// ```
    /// use http::header::{HeaderMap, HeaderValue};
    /// use tower_challenge::header::{OptionalWwwAuthenticate, SchemeName};
    ///
    /// let mut headers = HeaderMap::new();
    /// headers.insert("optional-www-authenticate", HeaderValue::from_static(r#"Basic realm="notes""#));
    /// let offered = OptionalWwwAuthenticate::from_headers(&headers)?;
    /// assert!(offered.iter().all(|challenge| challenge.scheme() == SchemeName::BASIC));
    ///
    /// assert!(OptionalWwwAuthenticate::parse([b"realm=\"notes\"".as_slice()]).is_err());
    /// # Ok::<(), tower_challenge::header::ParseError>(())
    /// ```
    ///
    /// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
    OptionalWwwAuthenticate = OPTIONAL_WWW_AUTHENTICATE
}
