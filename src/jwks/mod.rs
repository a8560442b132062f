//! Fetches the keys of an issuer through HTTP.
//!
//! [`RemoteKeys`] is a [`KeySource`](crate::jose::KeySource) that follows a JSON Web Key Set (RFC 7517 section 5). It
//! knows the URL of the set, or it finds the URL in the metadata of the issuer (OpenID Connect Discovery 1.0, and
//! RFC 8414). Give it to a `jwt::JwtVerifier`.
//!
//! # Example
//!
//! ```
//! # #[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//! use http::{Request, Response, StatusCode};
//! use tower::service_fn;
//! use tower_challenge::jose::KeySource;
//! use tower_challenge::jwks::RemoteKeys;
//!
//! // A client that the application brings. Without it, the feature `jwks` has one that speaks TLS.
//! const JWKS: &str = r#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}"#;
//! let client = service_fn(async |request: Request<String>| {
//!     let mut response = Response::new(JWKS.to_owned());
//!     if request.uri().path() != "/jwks" {
//!         *response.status_mut() = StatusCode::NOT_FOUND;
//!     }
//!     Ok::<_, Infallible>(response)
//! });
//!
//! let keys = RemoteKeys::at("https://as.example/jwks").client(client).build()?;
//! assert_eq!(keys.keys().await?.len(), 1);
//!
//! let wrong = RemoteKeys::at("https://as.example/keys").client(client).build()?;
//! let unavailable = wrong.keys().await.unwrap_err();
//! assert_eq!(unavailable.to_string(), "https://as.example/keys: the status is 404");
//!
//! assert!(RemoteKeys::at("http://as.example/jwks").client(client).build().is_err(), "keys need TLS");
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! # When it fetches
//!
//! Building fetches nothing, so a server starts while its issuer is down. The first token starts the first fetch, and
//! all tokens wait for it. To load the keys when the program starts, await
//! [`keys`](crate::jose::KeySource::keys) once.
//!
//! - After 10 minutes ([`refresh_after`](RemoteKeysBuilder::refresh_after)), or sooner if the response has a
//!   shorter `Cache-Control: max-age`, the next token starts a new fetch and does not wait for it.
//! - A token that names an unknown key (`kid`) waits for a new fetch. This finds a new key as soon as the issuer uses it.
//! - If a fetch fails, the keys of the last good fetch stay in use for up to 24 hours
//!   ([`stale_for`](RemoteKeysBuilder::stale_for)). Without such keys, the answer to a token is `503` with a
//!   `Retry-After` of the time until the next fetch.
//! - Two fetches begin at least 30 seconds apart ([`min_interval`](RemoteKeysBuilder::min_interval)), whether they
//!   succeed or fail. So a client that invents key names cannot make the server flood the issuer.
//!
//! There is at most one fetch at a time. It runs in a task of its own, so a client that disconnects does not end it.
//!
//! # What it trusts
//!
//! The URLs are `https`. A response must have the status 200; no redirect is followed. It may have 256 KiB
//! ([`max_size`](RemoteKeysBuilder::max_size)), and all requests of a fetch together may take 10 seconds
//! ([`timeout`](RemoteKeysBuilder::timeout)). A client of this crate gives up a host that accepts no connection within 5
//! seconds. A set may have 64 keys. A secret (`kty` `oct`) or a private key in it is skipped, and so is a key that cannot be
//! read or is longer than 16 KiB. A set without a usable key counts as a failure. No part of a token
//! reaches a URL.
//!
//! # Faults in the audit
//!
//! Each fetch that fails, and each key that is skipped, makes a [`FetchEvent`]. Pass it to an audit:
//!
//! ```
//! use tower_challenge::audit::{Audit, MaintenanceNote};
//! use tower_challenge::jwks::RemoteKeysBuilder;
//!
//! fn report(keys: RemoteKeysBuilder, audit: impl Audit) -> RemoteKeysBuilder {
//!     keys.on_fetch(move |event| audit.note(&MaintenanceNote::new("keys", event.fault())))
//! }
//! ```

mod builder;
mod discovery;
mod fetch_event;
mod freshness;
mod keys_state;
mod loader;
#[cfg(feature = "jwks-platform-roots")]
mod platform_roots;
mod remote_keys;
#[cfg(feature = "jwks-reqwest")]
mod reqwest;
mod task;
#[cfg(feature = "jwks")]
mod tls_roots;

pub use self::builder::RemoteKeysBuilder;
pub use self::fetch_event::FetchEvent;
pub use self::remote_keys::RemoteKeys;
