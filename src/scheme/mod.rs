//! What an authentication scheme is, and each of them.
//!
//! A [`Scheme`] answers four questions: what to tell a stranger ([`challenge`](Scheme::challenge)), whether a request may
//! carry its credentials ([`may_claim`](Scheme::may_claim)), whose account they name ([`account`](Scheme::account)), and
//! whether they are good ([`authenticate`](Scheme::authenticate)). The last looks at the request once, claims it or leaves
//! it to the next scheme, and answers with a [`Verdict`]. A scheme never writes a response and never sees the inner service.
//!
//! Schemes compose: a tuple of schemes is a scheme, and so is a `Vec` of boxed ones. The first that claims the
//! credentials judges them; there is no second opinion. The members agree on [`Scheme::Identity`] and on
//! [`Scheme::BodyAccess`]; [`map_identity`](SchemeExt::map_identity) makes them agree.
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
//! let judge = |credentials: &str| {
//!     let request = Request::get("/").header(AUTHORIZATION, credentials).body(()).unwrap();
//!     let attempt = Attempt::read(RequestHead::of(&request), ServerRole::Origin);
//!     let verdict = schemes.authenticate(&attempt)?.try_now().ok()?;
//!     Some(matches!(verdict, Ok(Verdict::Admit(_))))
//! };
//! assert_eq!(judge("Bearer t0ken"), Some(true));
//! assert_eq!(judge("Bearer stolen"), Some(false), "refused by Bearer; Basic is not asked");
//! assert_eq!(judge("Unheard of"), None, "nobody's");
//! # Ok(()) }
//! # main().unwrap(); }
//! ```

mod compose;
mod contract;
#[cfg(feature = "signed-body")]
mod signed_body;

#[cfg(feature = "basic")]
pub mod basic;
#[cfg(feature = "bearer")]
pub mod bearer;
#[cfg(feature = "digest")]
pub mod digest;
#[cfg(feature = "sigv4")]
pub mod sigv4;

pub use self::compose::{BoxScheme, MapIdentity, SchemeExt};
pub use self::contract::{
    Admission, Attempt, BodyAccess, BodyAccessFor, BodyError, BodyUnread, BodyVerdict, OnRefusal,
    Refusal, ReplyFields, Scheme, Verdict, VerdictNowOrLater,
};
#[cfg(feature = "signed-body")]
pub use self::signed_body::{
    BesideSignedBody, BodyCheck, BodyLimits, InspectBody, JudgeBody, SignedBody, VerifiedBody,
    VerifyChunks,
};
pub use crate::server_role::ServerRole;

#[cfg(feature = "basic")]
pub use self::basic::Basic;
#[cfg(feature = "bearer")]
pub use self::bearer::Bearer;
#[cfg(feature = "digest")]
pub use self::digest::Digest;
#[cfg(feature = "sigv4")]
pub use self::sigv4::SigV4;
