//! HTTP authentication for Tower services: one layer, many schemes, one correct challenge for each scheme.
//!
//! [`RequireAuth`] is a Tower layer. It lets a request through only when one of its [schemes](scheme) admits the caller
//! and every [policy] allows the request. Otherwise the layer refuses it with the status that fits: `401` with a
//! challenge for each scheme (`407` from a proxy), `403`, `400`, `429`, or `503` when a verifier, a store or a policy
//! cannot tell.
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
//! use tower_challenge::{Authenticated, Principal, RequireAuth};
//!
//! // The protected service. The layer puts the caller into the extensions of every request that it lets through.
//! async fn hello(request: Request<String>) -> Result<Response<String>, Infallible> {
//!     let caller = request.extensions().get::<Authenticated<Principal>>();
//!     let name = caller.map_or("guest", |caller| caller.name());
//!     Ok(Response::new(format!("hello {name}")))
//! }
//!
//! let auth = RequireAuth::basic("files", [("ada", "lovelace"), ("grace", "hopper")])?;
//! let service = ServiceBuilder::new().layer(auth).service_fn(hello);
//!
//! // A client that sends `ada:lovelace` reaches the service.
//! let request = Request::get("/").header(AUTHORIZATION, "Basic YWRhOmxvdmVsYWNl").body(String::new())?;
//! let response = service.clone().oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::OK);
//! assert_eq!(response.body(), "hello ada");
//!
//! // A client without credentials gets `401` and a challenge.
//! let request = Request::get("/").body(String::new())?;
//! let response = service.oneshot(request).await?;
//! assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
//! assert_eq!(response.headers()[WWW_AUTHENTICATE], r#"Basic realm="files", charset="UTF-8""#);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! The repository has runnable examples: axum with each scheme, with all of them and with a policy for each route; a
//! login page; bodies that programs and people can read; bare hyper; a forward proxy.
//!
//! # How to use it
//!
//! For one scheme, `RequireAuth::basic`, `::bearer`, `::digest`, `::scram`, `::api_key` and `::client_certificate` make the
//! layer in one call, from a list or from a verifier of yours. `::fapi2` and `::fapi2_dpop` do for FAPI 2.0. For everything else:
//!
//! 1. **Say which account has which secret.** [`password`] verifies names and passwords. If the passwords belong to
//!    people, it verifies them against slow hashes. `scheme::bearer` verifies tokens, and `scheme::digest` has tables
//!    of hashes. The tables are enough to start with. Later, a closure or an `async` function can ask the application's
//!    own user table. Each verifier returns an identity: a [`Principal`], or a type of the application's own.
//! 2. **Make a [scheme] of it**, or several: a tuple of schemes is a scheme, and so is a `Vec` of boxed schemes. The
//!    first scheme that claims the credentials decides alone. For example, if Digest refuses a password, the layer does
//!    not ask Basic.
//! 3. **Put [`RequireAuth`] around the service.** Tell it which requests are [public](RequireAuth::public), whether
//!    authentication is [optional](RequireAuth::optional), and whether it acts for a [proxy](RequireAuth::proxy).
//! 4. **Add a [policy](RequireAuth::policy)** that says what callers may do: scopes, roles, or any function of the
//!    caller and the request. If routes need different policies, give each route a [`RequirePolicy`] inside the layer
//!    around the router.
//! 5. **Choose a [renderer](respond)** for refusals: status and challenges only, a body that fits the client, a
//!    redirect to a login page, or your own `404` that hides the route.
//! 6. **Take [`Authenticated`]** from the request's extensions, or as an axum extractor. Only the layer makes one, so
//!    it proves that the layer admitted the caller. If you forget the layer, the extractor answers `500`.
//!
//! # What it refuses
//!
//! - The client sends no credentials, or credentials of a scheme that is not offered: `401`.
//! - The credentials are wrong: `401`. An unknown account gets the same answer as a wrong password, at the same cost.
//! - The credentials were used before or are out of date: `401`, with `stale=true` in Digest's challenge.
//! - The credentials name an offered scheme and break the grammar or are longer than 16 KiB, or come in two fields:
//!   `400`. The layer does not guess what the client meant. For example, a client that sends two `Authorization` fields
//!   gets `400` even if both are right.
//! - The caller is authenticated, but a policy refuses: `403`, or `401` if the policy asks for a better login.
//! - The connection has no TLS where TLS is [required](RequireAuth::require_tls): `403`, and no challenge.
//! - The credentials do not cover the body that the client sent: `401`. The body is too long: `413`. It arrives too
//!   slowly: `408`.
//! - The client or the account has failed too often, and the layer has a [`throttle`]: `429`, for right and wrong
//!   credentials alike.
//! - A store, a verifier or a policy fails or panics: `503`, so that no request passes without a decision.
//! - A route has a [`RequirePolicy`], but no layer is around it: `500`.
//! - The configuration would admit every caller, or no caller: [`ConfigError`], before the first request.
//!
//! # The rooms
//!
//! | module | what it answers |
//! |---|---|
//! | [`require_auth`] | What happens to a request, in which order? This is the middleware. |
//! | [`scheme`] | What is an authentication scheme, and how does each one work? |
//! | [`password`] | Which account has which password? |
//! | `jose` | Which key signed a token (feature `jose`)? |
//! | `jwks` | Where do the keys of an issuer come from (feature `jwks-client`)? |
//! | `jwt` | Which caller does a signed token name (feature `jwt`)? |
//! | `introspection` | What does an authorization server say about a token (feature `introspection`)? |
//! | [`policy`] | What may a caller do? |
//! | `resource_metadata` | Where does a client of OAuth learn which authorization servers a resource trusts (feature `resource-metadata`)? |
//! | [`respond`] | What does a refused client see? |
//! | [`store`] | What does the server remember between requests? |
//! | [`throttle`] | Which client or account has failed too often? |
//! | [`audit`] | What happened? |
//! | [`header`] | What is on the wire? It reads and writes challenges and credentials. |
//! | [`client`] | Which client sent a request, and did the request come through TLS? |
//! | [`clock`] | What time is it? |
//! | `hoba_services` | How does a client of HOBA register its key, and sign out (feature `hoba`)? |
//! | `mcp` | What does a server of the Model Context Protocol need so that its clients can log in (feature `mcp`)? |
//! | `testing` | Is an application closed, as far as a client can find out (feature `testing`)? |
//!
//! Every extension point is a trait. Closures implement verifiers, look-ups, policies, audits and renderers. A method
//! that may have to wait answers with a [`NowOrLater`]: at once, or after a round trip. An implementation that cannot
//! tell answers [`Unavailable`]. For a choice at run time, an `Arc<dyn ..>` of a trait implements the trait, too. A
//! `Box<dyn ..>` does the same for traits that closures do not implement, such as stores, throttles and clocks.
//!
//! # Features
//!
//! | feature | default | what it adds |
//! |---|---|---|
//! | `basic` | yes | `scheme::Basic` (RFC 7617) |
//! | `bearer` | yes | `scheme::Bearer` (RFC 6750), with opaque tokens, also for WebSockets of pages in browsers |
//! | `jwt` | | `jwt`: JSON Web Tokens (RFC 7519, RFC 8725, RFC 9068) for `Bearer`, verified by aws-lc-rs, which needs a C compiler |
//! | `jwt-aws-lc` | | the same as `jwt` |
//! | `jwt-rust-crypto` | | the same with the crates of the RustCrypto project, which need no C compiler |
//! | `jose` | | the keys and signatures of these; another feature turns it on |
//! | `jwks` | | `jwks::RemoteKeys`: fetches the keys of an issuer with hyper and rustls |
//! | `jwks-platform-roots` | | the same, and it can trust the certificate authorities of the operating system |
//! | `jwks-client` | | the same with an HTTP client of the application |
//! | `jwks-reqwest` | | the same with `reqwest` |
//! | `introspection` | | `introspection::IntrospectionVerifier`: asks an authorization server about opaque tokens (RFC 7662). With `jwks` it has an HTTP client |
//! | `digest` | yes | `scheme::Digest` (RFC 7616) |
//! | `scram` | | `scheme::Scram` (RFC 7804), server and client |
//! | `mutual` | | `scheme::Mutual` (RFC 8120, RFC 8121), server and client: the server proves that it knows the password, too |
//! | `saslprep` | | SASLprep for names and passwords of SCRAM that are not ASCII |
//! | `api-key` | | `scheme::ApiKey`: API keys in a field of their own, such as `X-Api-Key` |
//! | `client-certificate` | | `scheme::CertificateLogin`: client certificates as identities; and tokens that are bound to one (RFC 8705) |
//! | `sigv4` | | `scheme::SigV4`: AWS Signature Version 4 |
//! | `hoba` | | `scheme::Hoba` (RFC 7486): signatures of keys in place of passwords; it needs `jwt-aws-lc` or `jwt-rust-crypto` |
//! | `vapid` | | `scheme::Vapid` (RFC 8292): signed tokens of application servers for a push service; it needs `jwt-aws-lc` or `jwt-rust-crypto` |
//! | `dpop` | | `scheme::Dpop` (RFC 9449): tokens that are bound to a key, and a proof of the key with every request; it needs `jwt-aws-lc` or `jwt-rust-crypto` |
//! | `precis` | | `password::precis`: names and passwords prepared as RFC 8265 prescribes |
//! | `hashes` | | [`password::hash`](password) and `password::HashedPasswords`: slow hashes, computed by a thread pool, once for each right password |
//! | `htpasswd` | | `password::htpasswd` and `scheme::digest::htdigest`: files of accounts that may change; a bad line breaks one account |
//! | `signed-body` | | `scheme::SignedBody`: schemes that verify the request body |
//! | `tokio` | | `clock::TokioClock`: the clock for deadlines and for limits on how slowly a body may arrive |
//! | `resource-metadata` | | `resource_metadata::ResourceMetadata`: the metadata of a protected resource (RFC 9728) |
//! | `mcp` | | `mcp::protect` and its parts: the authorization of a server of the Model Context Protocol |
//! | `throttle` | | `throttle::FailureThrottle`: limits how often passwords can be guessed |
//! | `redis` | | `store::RedisStore` and, with `jwt`, `jwt::SharedRevocations`: one memory for several machines, in Redis or Valkey |
//! | `tracing` | | `audit::TracingAudit`: events with stable names; and an `ERROR` where a route has no layer, or a throttle no addresses |
//! | `metrics` | | `audit::MetricsAudit`: counters and a histogram |
//! | `axum` | | [`Authenticated`] as an extractor, and the right target behind nested routers |
//! | `headers` | | [`header::WwwAuthenticate`] and the other authentication fields as typed headers of the crate `headers` |
//! | `testing` | | `testing`: a survey that sends an application requests that attackers try; a clock that a test sets; the test suites that every [store] must pass |
//! | `full` | | all of these |
//!
//! A feature only adds: no feature changes what another does.
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

pub mod audit;
pub mod client;
pub mod clock;
pub mod guide;
pub mod header;
#[cfg(feature = "hoba")]
pub mod hoba_services;
#[cfg(feature = "introspection")]
pub mod introspection;
#[cfg(feature = "jose")]
pub mod jose;
#[cfg(feature = "jwks-client")]
pub mod jwks;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub mod jwt;
#[cfg(feature = "mcp")]
pub mod mcp;
pub mod password;
pub mod policy;
pub mod require_auth;
#[cfg(feature = "resource-metadata")]
pub mod resource_metadata;
pub mod respond;
pub mod scheme;
pub mod store;
#[cfg(feature = "testing")]
pub mod testing;
pub mod throttle;

mod authorization_detail;
mod body_limits;
mod config_error;
mod derives;
mod drain_body;
#[cfg(feature = "resource-metadata")]
mod early_answer;
mod error_params;
mod forward;
mod front_door;
#[cfg(feature = "jwks-client")]
mod http_client;
mod identity_names;
mod lookup;
mod now_or_later;
mod principal;
#[cfg(any(
    feature = "bearer",
    feature = "digest",
    feature = "hashes",
    feature = "jose",
    feature = "mutual",
    feature = "redis",
    feature = "scram",
    feature = "sigv4",
    feature = "throttle"
))]
mod random;
#[cfg(any(feature = "hoba", feature = "mutual"))]
mod random_stream;
mod reason;
#[cfg(any(feature = "htpasswd", feature = "jose", feature = "mutual"))]
mod reloading;
mod request_head;
mod secret;
mod server_role;
#[cfg(any(
    feature = "hashes",
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto",
    feature = "sigv4",
    feature = "vapid"
))]
mod set_cache;
#[cfg(any(feature = "hashes", feature = "introspection"))]
mod single_flight;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "mutual",
    feature = "scram"
))]
mod stateless_nonce;
mod table;
mod text;
#[cfg(any(
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto"
))]
mod token_claims;
mod unavailable;
mod verified;

pub use self::authorization_detail::AuthorizationDetail;
pub use self::config_error::ConfigError;
pub use self::drain_body::{DrainBody, DrainBodyFuture, DrainBodyService, DrainableBody};
pub use self::error_params::ErrorParams;
pub use self::now_or_later::{IntoAnswer, NowOrLater};
pub use self::principal::{ClaimedAccount, Principal, Scopes};
pub use self::request_head::RequestHead;
pub use self::require_auth::{Authenticated, RequireAuth, RequireAuthService, RequirePolicy};
pub use self::scheme::{PlainScheme, Scheme};
pub use self::secret::{Secret, SecretString};
pub use self::unavailable::Unavailable;
pub use self::verified::{
    AsyncVerifier, IntoVerified, Verified, VerifiedNowOrLater, VerifyFailure,
};

/// Makes the examples of the README doc tests, so that they compile.
#[doc = include_str!("../README.md")]
#[cfg(all(doctest, feature = "full"))]
mod readme {}
