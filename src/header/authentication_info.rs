//! What a server tells a client whose credentials were right: `Authentication-Info`.

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
    /// After right credentials a server may say more: that it knows the password too, or which nonce
    /// comes next. What the parameters mean is up to the scheme of those credentials. The field may be
    /// on a response of any status, and in a trailer if the scheme says so.
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
    /// [`from_headers`](Self::from_headers) reads all field lines of a message, and [`parse`](Self::parse) those that the
    /// caller has in hand.
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
    /// // There is no scheme in this field.
    /// assert!(AuthenticationInfo::parse([b"Digest qop=auth".as_slice()]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` it is a typed header of the crate `headers`, too.
    AuthenticationInfo = ServerRole::Origin.info_field()
}

impl AuthenticationInfo {
    /// Starts a field without parameters.
    pub fn builder() -> AuthenticationInfoBuilder {
        let params = CheckedParams::new(RenderedField::params());
        AuthenticationInfoBuilder { params }
    }
}

/// Makes an [`AuthenticationInfo`]. The first part that it cannot hold is reported by
/// [`build`](Self::build).
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
/// assert_eq!(error.to_string(), r#"parameter "nextnonce": octet 1 is not allowed in it"#);
/// # Ok::<(), tower_challenge::header::InvalidAuthenticationInfo>(())
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct AuthenticationInfoBuilder {
    params: CheckedParams,
}

impl AuthenticationInfoBuilder {
    /// Adds a parameter whose value is a quoted-string of the octets of `value`. A quote and a
    /// backslash are escaped; control characters other than HTAB are refused.
    pub fn quoted(mut self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.params.quoted(name, value.as_ref());
        self
    }

    /// Adds a parameter whose value is the token `value`.
    pub fn token(mut self, name: &str, value: impl AsRef<str>) -> Self {
        self.params.token(name, value.as_ref());
        self
    }

    /// The field.
    ///
    /// # Errors
    ///
    /// Tells which part was refused first, and why.
    pub fn build(self) -> Result<AuthenticationInfo, InvalidAuthenticationInfo> {
        let value = self.params.into_value();
        let value = value.map_err(InvalidAuthenticationInfo)?;
        Ok(AuthenticationInfo { value })
    }
}

/// Which parameter of an [`AuthenticationInfo`] was refused, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidAuthenticationInfo(InvalidParam);

impl fmt::Display for InvalidAuthenticationInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Error for InvalidAuthenticationInfo {}
