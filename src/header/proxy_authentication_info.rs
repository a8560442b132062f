//! The `Proxy-Authentication-Info` field, which a proxy sends to a client after it has accepted the client's
//! credentials.

use super::AuthenticationInfo;
use super::info::header_of_params;
use crate::server_role::ServerRole;

header_of_params! {
    /// `Proxy-Authentication-Info` header, defined in
    /// [RFC 9110 section 11.7.3](https://www.rfc-editor.org/rfc/rfc9110#section-11.7.3)
    ///
    /// A proxy sends this field for the same purpose for which an origin server sends [`AuthenticationInfo`]. The field
    /// is only for the next client on the response chain. To build it, build an [`AuthenticationInfo`] and convert it.
    ///
    /// # ABNF
    ///
    /// ```text
    /// Proxy-Authentication-Info = #auth-param
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
    /// ```
    /// use tower_challenge::header::{AuthenticationInfo, ProxyAuthenticationInfo};
    ///
    /// let info = AuthenticationInfo::builder().quoted("nextnonce", "abc").build()?;
    /// let info = ProxyAuthenticationInfo::from(info);
    /// assert_eq!(info.as_value(), r#"nextnonce="abc""#);
    ///
    /// assert!(ProxyAuthenticationInfo::parse([b"nextnonce".as_slice()]).is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// With the feature `headers` this type also implements the trait `Header` of the crate `headers`.
    ProxyAuthenticationInfo = ServerRole::Proxy.info_field()
}

impl From<AuthenticationInfo> for ProxyAuthenticationInfo {
    fn from(info: AuthenticationInfo) -> Self {
        Self { value: info.value }
    }
}
