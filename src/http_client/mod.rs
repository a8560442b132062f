//! How does the library ask another server? It fetches the keys of an issuer, and asks an issuer about a token.
//!
//! The URLs need TLS, redirects are not followed, and the size and the time of a response are limited.

mod body;
mod client;
#[cfg(any(feature = "jwks", feature = "jwks-reqwest"))]
mod connect_limit;
mod fetch_fault;
#[cfg(feature = "jwks")]
mod https;
#[cfg(not(feature = "jwks"))]
mod https_absent;
#[cfg(feature = "jwks-platform-roots")]
mod platform_roots;
mod race;
mod remote_url;
#[cfg(feature = "jwks-reqwest")]
mod reqwest;
#[cfg(feature = "jwks")]
mod tls_roots;

#[cfg(not(feature = "jwks"))]
use self::https_absent as https;

pub(crate) use self::client::{FetchedDocument, HttpClient, service_client};
pub(crate) use self::fetch_fault::{FetchFault, cut};
pub(crate) use self::https::default_client;
#[cfg(feature = "jwks-platform-roots")]
pub(crate) use self::platform_roots::client_with_platform_roots;
pub(crate) use self::race::{caught, first};
pub(crate) use self::remote_url::{RemoteUrl, UrlRule};
#[cfg(feature = "jwks-reqwest")]
pub(crate) use self::reqwest::reqwest_client;
#[cfg(feature = "jwks")]
pub(crate) use self::tls_roots::client_with_roots;

/// The name and the version of the library, for the field `User-Agent`.
pub(crate) const AGENT: &str = concat!("tower-challenge/", env!("CARGO_PKG_VERSION"));
