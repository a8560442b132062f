//! For whom are credentials: for the origin server, or for a proxy on the way?

use http::StatusCode;
use http::header::{
    AUTHORIZATION, HeaderName, PROXY_AUTHENTICATE, PROXY_AUTHORIZATION, WWW_AUTHENTICATE,
};

const AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("authentication-info");
const PROXY_AUTHENTICATION_INFO: HeaderName = HeaderName::from_static("proxy-authentication-info");

/// Which of the two authentications of RFC 9110 this is: of section 11.6 or of section 11.7. They share everything but
/// the field names and the status.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ServerRole {
    /// `Authorization`, `WWW-Authenticate`, `401`.
    #[default]
    Origin,
    /// `Proxy-Authorization`, `Proxy-Authenticate`, `407`.
    Proxy,
}

impl ServerRole {
    /// The field that carries credentials.
    #[must_use]
    pub const fn credentials_field(self) -> HeaderName {
        match self {
            Self::Origin => AUTHORIZATION,
            Self::Proxy => PROXY_AUTHORIZATION,
        }
    }

    /// The field that carries challenges.
    #[must_use]
    #[inline]
    pub const fn challenge_field(self) -> HeaderName {
        match self {
            Self::Origin => WWW_AUTHENTICATE,
            Self::Proxy => PROXY_AUTHENTICATE,
        }
    }

    /// The field that carries what a scheme has to say about credentials that were good.
    #[must_use]
    pub const fn info_field(self) -> HeaderName {
        match self {
            Self::Origin => AUTHENTICATION_INFO,
            Self::Proxy => PROXY_AUTHENTICATION_INFO,
        }
    }

    /// Whether a field is between others, so that nobody here may change it: a proxy hands on what the client and the origin
    /// server say to each other (RFC 9110 sections 11.6.1, 11.6.2 and 11.6.3).
    pub(crate) fn hands_on(self, field: &HeaderName) -> bool {
        let origin = Self::Origin;
        let theirs = [
            origin.credentials_field(),
            origin.challenge_field(),
            origin.info_field(),
        ];
        self == Self::Proxy && theirs.contains(field)
    }

    /// The status of a refusal.
    #[must_use]
    #[inline]
    pub const fn unauthenticated(self) -> StatusCode {
        match self {
            Self::Origin => StatusCode::UNAUTHORIZED,
            Self::Proxy => StatusCode::PROXY_AUTHENTICATION_REQUIRED,
        }
    }
}
