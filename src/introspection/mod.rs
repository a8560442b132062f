//! Asks an authorization server whether a token is good (RFC 7662).
//!
//! Opaque tokens say nothing themselves. [`IntrospectionVerifier`] sends each one to the server that issued it. The answer
//! says whether the token is active, who owns it, and which scopes it has. Give the verifier to
//! [`Bearer`](crate::scheme::Bearer). A [policy](crate::policy::scopes) then decides what the caller may do.
//!
//! # Example
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//! use http::{Request, Response, header::CONTENT_TYPE};
//! use tower::service_fn;
//! use tower_challenge::introspection::{ClientCredentials, IntrospectionVerifier};
//! use tower_challenge::scheme::Bearer;
//! use tower_challenge::scheme::bearer::VerifyToken;
//! use tower_challenge::{RequireAuth, Secret};
//!
//! // It stands for the authorization server. Without it, the feature `jwks` has an HTTP client that speaks TLS.
//! let server = service_fn(async |request: Request<Vec<u8>>| {
//!     let answer = match request.body().starts_with(b"token=g00d&") {
//!         true => r#"{"active": true, "sub": "ada", "scope": "read write"}"#,
//!         false => r#"{"active": false}"#,
//!     };
//!     let response = Response::builder().header(CONTENT_TYPE, "application/json");
//!     Ok::<_, Infallible>(response.body(answer.to_owned()).unwrap())
//! });
//!
//! let credentials = ClientCredentials::secret_basic("orders", "s3cret");
//! let verifier = IntrospectionVerifier::builder("https://as.example/introspect", credentials)
//!     .client(server)
//!     .build()?;
//!
//! let caller = verifier.verify(Secret::new("g00d")).await?.unwrap();
//! assert_eq!(caller.name(), "ada");
//! assert!(caller.scopes().contains("write"));
//!
//! let refused = verifier.verify(Secret::new("revoked")).await?.unwrap_err();
//! assert_eq!(refused.why(), Some("the authorization server says that the token is not active"));
//!
//! let auth = RequireAuth::new(Bearer::new("orders", verifier)?)?;
//! # let _ = auth;
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! # What is verified
//!
//! 1. The token is a b64token (RFC 6750 section 2.1) of at most 16 KiB. Otherwise it is refused, and the server is not
//!    asked.
//! 2. The answer has the status 200 and the type `application/json`. It is a JSON object with unique names at every depth,
//!    and `active` is `true` or `false`. If it is `true`, each member that is read has the type that RFC 7662 gives it. For
//!    example, `exp` is a number, and `authorization_details` is an array of objects, each with a `type`. An `acr` or an
//!    `auth_time` of the wrong type counts as absent.
//! 3. `active` is `true`. `exp` and `nbf`, if they are there, fit the clock of this server; `nbf` may be off by 30 seconds.
//! 4. `aud` and `iss` are those of the settings: [`audience`](IntrospectionVerifierBuilder::audience) and
//!    [`issuer`](IntrospectionVerifierBuilder::issuer).
//! 5. `token_type`, if it is there, is `Bearer`, or `DPoP` with the key to which the token is bound. A token with `cnf` is
//!    refused where the scheme checks no proof.
//! 6. The members that the settings [require](IntrospectionVerifierBuilder::require_one_of) are there, and there is a name.
//!
//! A token that fails at 1 or from 3 on is `401` with `error="invalid_token"`. If the answer is not as 2 says, the status is
//! `503`: the fault is not that of the client. This is also the status if the server refuses the
//! [credentials](ClientCredentials) of this server.
//!
//! # What is remembered
//!
//! A good token is remembered for 60 seconds ([`remember_for`](IntrospectionVerifierBuilder::remember_for)), and never after
//! its `exp`. **So a token that is revoked may be used for up to that time.** A refused token is remembered for 5 seconds.
//! The two are apart, so a client that invents tokens evicts no good one.
//!
//! If the server answers a question with a status from 400 to 499, that token is `503` for the same 5 seconds, and the server
//! is not asked about it again. For example, one server answers `400` to every JWT, and a firewall answers `403` to
//! `../../etc/passwd`. This does not apply to 401, 404, 407, 408 and 429, which are not about the token. Nothing is
//! remembered of these and of all other failures, so the next request with the token is a new question.
//!
//! Requests with the same token share one question. At most 128 questions run at the same time
//! ([`max_concurrent`](IntrospectionVerifierBuilder::max_concurrent)), and each may take 2 seconds
//! ([`timeout`](IntrospectionVerifierBuilder::timeout)). After five failures of the server in a row, it is asked once a
//! second, and all other tokens that are not remembered are `503` at once. A failure of the server is one of these:
//!
//! - There is no response, it breaks off, or it does not come in time.
//! - The status is 401, 502, 503 or 504.
//!
//! Every other fault may be that of one token, so it does not count. For example, a 403, a 429, a 500 and an answer that is
//! not JSON do not count.
//!
//! # Opaque tokens and JWTs
//!
//! A server that accepts both asks by the form of each token: see `TokensByIssuer` in `jwt`.

mod answer;
mod answer_cache;
mod builder;
mod circuit;
mod client_credentials;
mod form;
mod outage;
#[cfg(feature = "jwks-platform-roots")]
mod platform_roots;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
mod private_key_jwt;
mod question;
mod reasons;
#[cfg(feature = "jwks-reqwest")]
mod reqwest;
#[cfg(feature = "jwks")]
mod tls_roots;
mod verifier;

pub use self::builder::IntrospectionVerifierBuilder;
pub use self::client_credentials::ClientCredentials;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub use self::private_key_jwt::ClientKey;
pub use self::verifier::IntrospectionVerifier;
pub use crate::token_claims::VerifiedClaims;
