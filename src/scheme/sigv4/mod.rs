//! AWS Signature Version 4 (`AWS4-HMAC-SHA256`): a signature over the request, in a field or in the URL.
//!
//! The secret does not cross the wire. What is signed is the method, the target, the host, every `x-amz-` field, and the
//! body, so that S3 and services of that style need no check of their own. Nothing that is not signed is believed: a
//! request with an `x-amz-` field that is not is refused.
//!
//! The files follow the steps of the specification: [the credential's scope](CredentialScope), the canonical request and the string
//! to sign, the signing key. Before they are compared, everything is checked that needs no secret; afterwards comes the
//! body. Of a body that is signed as a whole the inner service sees nothing before it has verified, unless the builder says
//! [`stream_whole_bodies`](SigV4Builder::stream_whole_bodies); of one in signed
//! chunks (`aws-chunked`) it sees each chunk once that has, and only a clean end of the body says that all of it was there.
//!
//! A signature can be used again while it is good, for 15 minutes or until a URL expires: see
//! [`once`](SigV4Builder::once).
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
//! // `get-vanilla` of the signing test suite of AWS
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

mod access_keys;
mod amz_date;
mod aws_chunked;
mod builder;
mod canonical;
mod credential_scope;
mod key_cache;
mod message;
mod payload;
mod presigned;
pub mod proof;
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
