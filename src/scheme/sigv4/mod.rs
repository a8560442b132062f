//! AWS Signature Version 4 (`AWS4-HMAC-SHA256`): the client signs the request, in the `Authorization` field or in the
//! URL.
//!
//! The client does not send its secret. It signs the method, the target, the host, every `x-amz-` field and the body
//! with a key that it derives from the secret. The scheme refuses a request with an `x-amz-` field that is not signed,
//! so that the inner service can rely on these fields. Two fields need not be in the list of signed fields, because the
//! signature covers them in another way: the value of `x-amz-content-sha256` is the last line of the text that the
//! client signs, and [`unsigned_session_token`](SigV4Builder::unsigned_session_token) admits a token that is compared.
//!
//! The scheme verifies a request in these steps:
//!
//! 1. It reads the signature, and checks everything that needs no secret. For example, the [credential
//!    scope](CredentialScope) must name the region and the service of this server, and the signature must not have
//!    expired.
//! 2. It writes the canonical request, and hashes it into the string to sign.
//! 3. It derives the signing key from the secret, and compares the signature with its own.
//! 4. It verifies the body. If the client has signed a hash of the whole body, the layer calls the inner service after
//!    the body has verified, unless [`SigV4Builder::stream_whole_bodies`] is set. If the client
//!    sends signed chunks (`aws-chunked`), the inner service reads each chunk after its chunk signature has verified.
//!    Only the end of the body, without an error, proves that the body is complete.
//!
//! An attacker who reads a signed request can send it again until the signature expires. A signature in a field expires
//! 15 minutes after the signing time, and a presigned URL expires when it says. [`SigV4Builder::once`] accepts each
//! signature only once.
//!
//! # Errors that the challenge reports
//!
//! If a check fails that needs no access key, the challenge has the auth-param `error`. No specification defines these
//! values. A client without any access key gets the same answer, so that the value says nothing about a key.
//! [`AwsErrors`](crate::respond::AwsErrors) makes an error code of AWS from it.
//!
//! | `error` | the signature |
//! |---|---|
//! | `wrong_region`, `wrong_service` | is for a region or a service that this server does not accept |
//! | `wrong_day` | is for another day than the day of its signing time |
//! | `clock_skew` | is in a field, and was made too long before or after the time of the server |
//! | `expired`, `not_yet_valid` | is in a presigned URL, which has expired or is not yet valid |
//!
//! For example, a client that signs for `eu-west-1` gets
//! `AWS4-HMAC-SHA256 realm="files", service="s3", region="us-east-1", error="wrong_region"`. A wrong signature and an
//! unknown access key get the challenge without `error`.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::convert::Infallible;
//! use std::time::{Duration, SystemTime};
//!
//! use http::header::{AUTHORIZATION, HOST, WWW_AUTHENTICATE};
//! use http::{Request, Response};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_challenge::RequireAuth;
//! use tower_challenge::clock::ManualClock;
//! use tower_challenge::scheme::SigV4;
//! use tower_challenge::scheme::sigv4::{AccessKeys, CredentialScope};
//!
//! let keys = AccessKeys::new([("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY")])?;
//! let scope = CredentialScope { region: "us-east-1", service: "service" };
//! // 2015-08-30T12:36:00Z; in a server, `TokioClock::new()`
//! let timer = ManualClock::new(SystemTime::UNIX_EPOCH + Duration::from_secs(1_440_938_160));
//! let service = ServiceBuilder::new()
//!     .layer(RequireAuth::new(SigV4::new("example", scope, keys, timer)?)?)
//!     .service(service_fn(async |_| Ok::<_, Infallible>(Response::new(String::new()))));
//!
//! // The case `get-vanilla` of AWS's signing test suite
//! let signed = |path: &str| {
//!     let field = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
//!         SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31";
//!     let request = Request::get(path).header(HOST, "example.amazonaws.com").header("x-amz-date", "20150830T123600Z");
//!     request.header(AUTHORIZATION, field).body(String::new())
//! };
//! assert_eq!(service.clone().oneshot(signed("/")?).await?.status(), 200);
//!
//! let refused = service.oneshot(signed("/other")?).await?;
//! assert_eq!(refused.status(), 401);
//! let challenge = r#"AWS4-HMAC-SHA256 realm="example", service="service", region="us-east-1""#;
//! assert_eq!(refused.headers()[WWW_AUTHENTICATE], challenge);
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```

mod accepted_scopes;
mod access_keys;
mod amz_date;
mod aws_chunked;
mod builder;
mod canonical;
mod covered_parts;
mod credential_scope;
mod error_challenges;
mod fields;
mod key_cache;
mod message;
mod payload;
mod presigned;
pub mod proof;
mod reasons;
mod rules;
mod server;
mod signing_key;
mod string_to_sign;
#[cfg(test)]
mod tests_of_work;
mod unverified;

pub use self::access_keys::{AccessKey, AccessKeys};
pub use self::builder::SigV4Builder;
pub use self::canonical::PathRule;
pub use self::credential_scope::CredentialScope;
pub use self::server::SigV4;
