//! The `Authentication-Info` field, which a server sends to a client after it has accepted the client's credentials.

use std::error::Error;
use std::fmt;

use super::checked_params::{CheckedParams, InvalidParam};
use super::info::header_of_params;
use super::rendered::RenderedField;
use crate::server_role::ServerRole;

header_of_params! {
    /// `Authentication-Info` header, defined in
    /// [RFC 9110 section 11.6.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.3)
    ///
    /// After a server has accepted the credentials of a client, it can send the client more information. For example, a
    /// server that uses Digest proves with `rspauth` that it knows the password, too, and announces the next nonce with
    /// `nextnonce`.
    ///
    /// The scheme of the credentials defines which parameters there are and how the client uses them. The field may
    /// occur in a response of any status. It may occur in a trailer only if the scheme allows that.
    ///
    /// # ABNF
    ///
    /// ```text
    /// Authentication-Info = #auth-param
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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message. [`parse`](Self::parse) reads field
    /// lines that the caller has already taken out of a message.
    ///
    /// ```
    /// use http::HeaderMap;
    /// use tower_challenge::header::AuthenticationInfo;
    ///
    /// let info = AuthenticationInfo::builder()
    ///     .token("qop", "auth")
    ///     .quoted("nextnonce", "47364c23432d")
    ///     .build()?;
    /// let mut headers = HeaderMap::new();
    /// headers.insert("authentication-info", info.as_value().clone());
    /// assert_eq!(headers["authentication-info"], r#"qop=auth, nextnonce="47364c23432d""#);
    /// assert_eq!(AuthenticationInfo::from_headers(&headers)?, info);
    ///
    /// // Unlike a challenge, this field has no scheme name.
    /// assert!(AuthenticationInfo::parse([b"Digest qop=auth".as_slice()]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
    AuthenticationInfo = ServerRole::Origin.info_field()
}

impl AuthenticationInfo {
    /// Starts a builder without parameters.
    ///
    /// A field that is built from it without any parameter has an empty value.
    pub fn builder() -> AuthenticationInfoBuilder {
        let params = CheckedParams::new(RenderedField::params());
        AuthenticationInfoBuilder { params }
    }
}

/// Builds an [`AuthenticationInfo`].
///
/// The methods that add parameters check them and never fail. [`build`](Self::build) reports the first parameter that
/// was refused.
///
/// # Example
///
/// ```
/// use tower_challenge::header::AuthenticationInfo;
///
/// let info = AuthenticationInfo::builder().token("nc", "00000001").build()?;
/// assert_eq!(info.as_value(), "nc=00000001");
///
/// let split = AuthenticationInfo::builder().quoted("nextnonce", "a\r\nb").build();
/// let error = split.unwrap_err();
/// assert_eq!(error.to_string(), r#"parameter "nextnonce": the byte at position 1 is not allowed in the value"#);
/// # Ok::<(), tower_challenge::header::InvalidAuthenticationInfo>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthenticationInfoBuilder {
    params: CheckedParams,
}

impl AuthenticationInfoBuilder {
    /// Adds a parameter and writes `value` as a quoted-string.
    ///
    /// This function escapes quotes and backslashes. It refuses control characters other than HTAB. For example,
    /// [`build`](Self::build) returns an error if the value contains a line break.
    pub fn quoted(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.params.quoted(name, value.as_ref());
        self
    }

    /// Adds a parameter and writes `value` as a token, without quotes.
    ///
    /// It refuses a `realm`, which RFC 9110 section 11.5 requires senders to quote.
    pub fn token(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.params.token(name, value.as_ref());
        self
    }

    /// Builds the field.
    ///
    /// # Errors
    ///
    /// The error names the first parameter that was refused, and the reason.
    pub fn build(self) -> Result<AuthenticationInfo, InvalidAuthenticationInfo> {
        let value = self.params.into_value();
        let value = value.map_err(InvalidAuthenticationInfo)?;
        Ok(AuthenticationInfo { value })
    }
}

/// Reports that an [`AuthenticationInfoBuilder`] refused a parameter: which one, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAuthenticationInfo(InvalidParam);

impl fmt::Display for InvalidAuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for InvalidAuthenticationInfo {}
