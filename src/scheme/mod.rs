//! The authentication schemes Basic, Bearer, Digest, SCRAM, HOBA, vapid, AWS SigV4 and API keys, and the trait for schemes
//! of your own.
//! The authentication schemes Basic, Bearer, DPoP, Digest, SCRAM, HOBA, AWS SigV4 and API keys, and the trait for schemes of
//! your own.
//! The authentication schemes Basic, Bearer, Digest, SCRAM, HOBA, AWS SigV4, API keys and client certificates, and the trait for schemes of your
//!
//! A [`Scheme`] answers five questions for the layer, each with one method:
//!
//! - Which challenges does a client without valid credentials get? ([`challenge`](Scheme::challenge))
//! - May the request carry credentials for this scheme? ([`may_claim`](Scheme::may_claim))
//! - Which account do the credentials claim? ([`account`](Scheme::account))
//! - Are the credentials valid? ([`authenticate`](Scheme::authenticate)) The scheme claims the credentials and answers
//!   with a [`Verdict`], or returns `None`, so that the layer asks the next scheme.
//! - Does the credentials field name this scheme and break its grammar? ([`is_malformed`](Scheme::is_malformed)) The layer
//!   asks this only if another scheme has claimed the request before a scheme read the field.
//!
//! A scheme that reads credentials in a field of its own also says which ([`credentials_fields`](Scheme::credentials_fields)).
//!
//! A scheme does not write responses and does not call the inner service. The layer does both.
//!
//! Schemes can be combined: a tuple of schemes is a scheme, and a `Vec` of boxed schemes is a scheme. The first scheme
//! that claims the credentials judges them. If it refuses them, the layer refuses the request and does not ask the
//! other schemes. All members must have the same [`Scheme::Identity`] and the same [`Scheme::BodyAccess`].
//! [`map_identity`](SchemeExt::map_identity) converts identities to a common type. `BesideSignedBody` (feature
//! `signed-body`) adapts a scheme that reads the head alone to schemes that read the body.
//!
//! ```
//! # #[cfg(all(feature = "basic", feature = "bearer"))] {
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use http::{Request, header::AUTHORIZATION};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::scheme::bearer::{Bearer, StaticTokens};
//! use tower_challenge::scheme::{Attempt, Basic, ServerRole, Scheme, Verdict};
//! use tower_challenge::{Principal, RequestHead};
//!
//! let tokens = StaticTokens::new()?.token("t0ken", Principal::new("robot"))?;
//! let schemes = (Bearer::new("files", tokens)?, Basic::new("files", OneAccount::new("ada", "lovelace")?)?);
//!
//! let is_admitted = |credentials: &str| {
//!     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
//!     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
//!     let verdict = schemes.authenticate(&attempt)?.try_now().ok()?;
//!     Some(matches!(verdict, Ok(Verdict::Admit(_))))
//! };
//! assert_eq!(is_admitted("Bearer t0ken"), Some(true));
//! assert_eq!(is_admitted("Bearer stolen"), Some(false), "Bearer refuses; Basic is not asked");
//! assert_eq!(is_admitted("Unknown scheme"), None, "no scheme claims it");
//! # Ok(()) }
//! # main().unwrap(); }
//! ```

mod compose;
mod contract;
#[cfg(any(
    feature = "digest",
    feature = "dpop",
    feature = "hoba",
    feature = "mutual",
    feature = "scram"
))]
mod nonce_claim;
mod plain_scheme;
#[cfg(feature = "signed-body")]
mod signed_body;

#[cfg(feature = "api-key")]
pub mod api_key;
#[cfg(feature = "basic")]
pub mod basic;
#[cfg(feature = "bearer")]
pub mod bearer;
#[cfg(feature = "client-certificate")]
pub mod client_certificate;
#[cfg(feature = "digest")]
pub mod digest;
#[cfg(feature = "dpop")]
pub mod dpop;
#[cfg(feature = "hoba")]
pub mod hoba;
#[cfg(feature = "mutual")]
pub mod mutual;
#[cfg(feature = "scram")]
pub mod scram;
#[cfg(feature = "sigv4")]
pub mod sigv4;
#[cfg(feature = "vapid")]
pub mod vapid;

pub use self::compose::{BoxScheme, MapIdentity, SchemeExt};
pub use self::contract::{
    Admission, Attempt, BodyAccess, BodyAccessFor, BodyError, BodyUnread, BodyVerdict,
    CredentialsField, OnRefusal, Refusal, ReplyFields, Scheme, Verdict, VerdictNowOrLater,
};
pub use self::plain_scheme::PlainScheme;
#[cfg(feature = "signed-body")]
pub use self::signed_body::{
    BesideSignedBody, BodyCheck, InspectBody, JudgeBody, SignedBody, VerifiedBody, VerifyChunks,
};
pub use crate::body_limits::BodyLimits;
pub use crate::server_role::ServerRole;

#[cfg(feature = "api-key")]
pub use self::api_key::ApiKey;
#[cfg(feature = "basic")]
pub use self::basic::Basic;
#[cfg(feature = "bearer")]
pub use self::bearer::Bearer;
#[cfg(feature = "client-certificate")]
pub use self::client_certificate::CertificateLogin;
#[cfg(feature = "digest")]
pub use self::digest::Digest;
#[cfg(feature = "dpop")]
pub use self::dpop::Dpop;
#[cfg(feature = "hoba")]
pub use self::hoba::Hoba;
#[cfg(feature = "mutual")]
pub use self::mutual::Mutual;
#[cfg(feature = "scram")]
pub use self::scram::Scram;
#[cfg(feature = "sigv4")]
pub use self::sigv4::SigV4;
#[cfg(feature = "vapid")]
pub use self::vapid::Vapid;
