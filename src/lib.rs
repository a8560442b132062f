//! HTTP authentication for Tower services: one layer, many schemes, one truthful challenge set.
//!
//! [`RequireAuth`] is a Tower layer. It lets a request through only when one of its [schemes](scheme) admits the caller
//! and every [policy] permits them. Everyone else gets the refusal that is theirs: `401` with a challenge for
//! each scheme, `403`, `400`, `407` from a proxy, `429`, or `503` when nobody can tell.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "basic")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//!
//! use http::header::{AUTHORIZATION, WWW_AUTHENTICATE};
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_challenge::password::PlaintextAccounts;
//! use tower_challenge::scheme::Basic;
//! use tower_challenge::{Authenticated, Principal, RequireAuth};
//!
//! // What is protected. It finds the caller in the extensions of every request that the layer let through.
//! async fn hello(request: Request<String>) -> Result<Response<String>, Infallible> {
//!     let caller = request.extensions().get::<Authenticated<Principal>>();
//!     let name = caller.map_or("nobody", |caller| caller.name());
//!     Ok(Response::new(format!("hello {name}")))
//! }
//!
//! let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
//! let auth = RequireAuth::new(Basic::new("files", accounts)?)?;
//! let service = ServiceBuilder::new().layer(auth).service_fn(hello);
//!
//! // `ada:lovelace` passes ..
//! let request = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(String::new())?;
//! let response = service.clone().oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(response.body(), "hello ada");
//!
//! // .. and a stranger is told how to try.
//! let request = Request::get("/").body(String::new())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
//! assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Basic realm="files", charset="UTF-8""#);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! The repository has runnable examples: axum with each scheme, with all of them and with a policy for each route; a login
//! page; bodies that programs and people can read; bare hyper; a forward proxy.
//!
//! # How to use it
//!
//! 1. **Say who has which secret.** [`password`] verifies names and passwords, against slow hashes if they are people's, `scheme::bearer` tokens, and
//!    `scheme::digest` has tables of hashes. Tables are there for a start; closures and `async` functions ask whatever
//!    an application has. Each delivers an identity: a [`Principal`], or a type of the application's own.
//! 2. **Make a [scheme] of it**, or several: a tuple of schemes is one, and so is a `Vec` of boxed ones. The
//!    first that claims the credentials judges them. There is no second opinion.
//! 3. **Put [`RequireAuth`] in front.** It is told what else it needs to know: what is [public](RequireAuth::public),
//!    whether authentication is [optional](RequireAuth::optional), whether it acts for a [proxy](RequireAuth::proxy).
//! 4. **[Permit](RequireAuth::policy)** what callers may do: scopes, roles, any function of the caller and the request.
//!    Where routes ask for different things, each has a [`RequirePolicy`] under the layer around the router.
//! 5. **Say what the others are [shown](respond)**: nothing but the refusal, a body that fits the client, the way to a
//!    login page, or nothing at all.
//! 6. **Take [`Authenticated`]** from the request's extensions, or as an axum extractor. Only the layer makes one, so it
//!    is proof. It cannot be forgotten, either: the extractor outside the layer answers `500`.
//!
//! # What it refuses
//!
//! - Whoever comes without credentials, or with those of a scheme that is not offered: `401`.
//! - Wrong credentials: `401`, the same for an unknown account as for a wrong password, at the same cost.
//! - Credentials that were used before or are out of date: `401`, with `stale=true` in Digest's challenge.
//! - Credentials that name an offered scheme and break the grammar, are longer than 16 KiB, or come in two fields: `400`.
//!   The layer does not guess what was meant.
//! - Whoever is known, and may not: `403`.
//! - Whoever comes without TLS, where it is [required](RequireAuth::require_tls): `403`, and no challenge.
//! - A body that its credentials do not cover: `401`. One that is too long: `413`. One that comes too slowly: `408`.
//! - Whoever has failed too often, where there is a [`throttle`]: `429`, right or wrong.
//! - Everybody, while a store, a verifier or a policy fails or panics: `503`. It fails closed.
//! - Everybody, on a route with a [`RequirePolicy`] that is behind no layer: `500`.
//! - A configuration that would let everybody in, or nobody: [`ConfigError`], before the first request.
//!
//! # The rooms
//!
//! | module | what it answers |
//! |---|---|
//! | [`require_auth`] | the middleware: what happens to a request, in which order |
//! | [`scheme`] | what an authentication scheme is, and each of them |
//! | [`password`] | who has which password |
//! | [`policy`] | what a caller may do |
//! | [`respond`] | what a client is shown when it is turned away |
//! | [`store`] | what is remembered between requests |
//! | [`throttle`] | who has tried too often |
//! | [`audit`] | what happened |
//! | [`header`] | what is on the wire: challenges and credentials, read and written |
//! | [`client`] | who sent a request, and whether through TLS |
//! | [`clock`] | what time it is |
//! | `testing` | whether an application is closed, as far as a client can find out (feature `testing`) |
//!
//! Every extension point is a trait that closures implement, and answers with a [`NowOrLater`]: at once, or after a round
//! trip. One that cannot tell answers [`Unavailable`]. An `Arc<dyn ..>` of each is one, too, for what is chosen at run
//! time, and a `Box<dyn ..>` where a closure is not.
//!
//! # Features
//!
//! | feature | default | what |
//! |---|---|---|
//! | `basic` | yes | `scheme::Basic` (RFC 7617) |
//! | `bearer` | yes | `scheme::Bearer` (RFC 6750), with opaque tokens |
//! | `digest` | yes | `scheme::Digest` (RFC 7616) |
//! | `sigv4` | | `scheme::SigV4`: AWS Signature Version 4 |
//! | `precis` | | `password::precis`: names and passwords prepared as RFC 8265 has it |
//! | `hashes` | | [`password::hash`](password) and `password::HashedPasswords`: slow hashes, computed by a pool, once for each password |
//! | `htpasswd` | | `password::htpasswd` and `scheme::digest::htdigest`: files of accounts that may change |
//! | `signed-body` | | `scheme::SignedBody`: schemes that verify the request body |
//! | `tokio` | | `clock::TokioClock`: limits to how slowly a body may come |
//! | `throttle` | | `throttle::FailureThrottle`: bounds how often passwords can be guessed |
//! | `tracing` | | `audit::TracingAudit`: events with stable names |
//! | `metrics` | | `audit::MetricsAudit`: counters and a histogram |
//! | `axum` | | [`Authenticated`] as an extractor, and the right target behind nested routers |
//! | `headers` | | [`header::WwwAuthenticate`] and the other fields of authentication as typed headers of the crate `headers` |
//! | `testing` | | `testing`: a survey that asks an application for what strangers try; a clock to set; the suite that every [store] must pass |
//! | `full` | | all of these |
//!
//! A feature adds; none changes what another does.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod audit;
pub mod client;
pub mod clock;
pub mod header;
pub mod password;
pub mod policy;
pub mod require_auth;
pub mod respond;
pub mod scheme;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;

mod config_error;
mod derives;
mod error_params;
mod forward;
mod lookup;
mod now_or_later;
mod principal;
#[cfg(any(
    feature = "bearer",
    feature = "digest",
    feature = "hashes",
    feature = "sigv4",
    feature = "throttle"
))]
mod random;
mod reason;
#[cfg(feature = "htpasswd")]
mod reloading;
mod request_head;
mod secret;
mod server_role;
#[cfg(any(feature = "hashes", feature = "sigv4"))]
mod set_cache;
#[cfg(feature = "hashes")]
mod single_flight;
#[cfg(feature = "digest")]
mod stateless_nonce;
mod table;
mod text;
mod unavailable;
mod verified;

pub use self::config_error::ConfigError;
pub use self::error_params::ErrorParams;
pub use self::now_or_later::{IntoAnswer, NowOrLater};
pub use self::principal::{ClaimedAccount, Principal, Scopes};
pub use self::request_head::RequestHead;
pub use self::require_auth::{Authenticated, RequireAuth, RequireAuthService, RequirePolicy};
pub use self::scheme::Scheme;
pub use self::secret::{Secret, SecretString};
pub use self::unavailable::Unavailable;
pub use self::verified::{AsyncVerifier, IntoVerified, Unverified, Verified, VerifiedNowOrLater};

/// The example of the README compiles, too.
#[doc = include_str!("../README.md")]
#[cfg(all(
    doctest,
    feature = "axum",
    feature = "basic",
    feature = "throttle",
    feature = "tracing",
    feature = "metrics",
    feature = "testing"
))]
mod readme {}
