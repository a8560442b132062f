//! Names the fields and the status of authentication by an origin server and by a proxy.

use http::StatusCode;
use http::header::{
    AUTHORIZATION, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE,
};

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");
const PROXY_AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("proxy-authentication-info");

/// Says whether the layer protects an origin server or a proxy.
///
/// RFC 9110 defines authentication to an origin server in section 11.6 and to a proxy in section 11.7. The two differ
/// only in the names of the fields and in the status. For example, a client without credentials gets `401` from an
/// origin server and `407` from a proxy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerRole {
    /// An origin server: `Authorization`, `WWW-Authenticate`, `401`.
    #[default]
    Origin,
    /// A proxy: `Proxy-Authorization`, `Proxy-Authenticate`, `407`.
    Proxy,
}

impl ServerRole {
    /// Returns the name of the field that carries credentials.
    #[must_use]
    pub const fn credentials_field(self) -> HeaderName {
        match self {
            Self::Origin => AUTHORIZATION,
            Self::Proxy => PROXY_AUTHORIZATION,
        }
    }

    /// Returns the name of the field that carries challenges.
    #[must_use]
    #[inline]
    pub const fn challenge_field(self) -> HeaderName {
        match self {
            Self::Origin => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// Returns the name of the field in which a scheme sends information after valid credentials, such as Digest's
    /// `nextnonce`.
    #[must_use]
    pub const fn info_field(self) -> HeaderName {
        match self {
            Self::Origin => AUTHENTICATION_INFO,
            Self::Proxy => PROXY_AUTHENTICATION_INFO,
        }
    }

    /// Returns whether the layer must pass a field on unchanged.
    ///
    /// A proxy passes on the fields with which the client and the origin server authenticate to each other (RFC 9110
    /// sections 11.6.1, 11.6.2 and 11.6.3). For example, a proxy must not change `WWW-Authenticate` of the origin
    /// server.
    pub(crate) fn hands_on(self, field: &HeaderName) -> bool {
        let origin = Self::Origin;
        let theirs = [
            origin.credentials_field(),
            origin.challenge_field(),
            origin.info_field(),
        ];
        self == Self::Proxy && theirs.contains(field)
    }

    /// Returns the status for a request without valid credentials: `401` or `407`.
    #[must_use]
    #[inline]
    pub const fn unauthenticated(self) -> StatusCode {
        match self {
            Self::Origin => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }
}
