//! Bearer (RFC 6750): the client sends a token, and any client that has the token is admitted.
//!
//! The scheme reads tokens only from the `Authorization` field. It refuses a token in the query of the URL, because a
//! query ends up in logs and browser histories. It does not look for tokens in form bodies.

mod bound_token;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
mod caller_claims;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
mod confirmation_claim;
mod into_token_verifier;
mod listed_token;
mod message;
#[cfg(feature = "resource-metadata")]
mod of_metadata;
mod reasons;
mod server;
mod tokens;
mod verify_token;

pub use self::bound_token::{BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken};
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub(crate) use self::caller_claims::with_caller_claims;
#[cfg(any(feature = "jwt-aws-lc", feature = "jwt-rust-crypto"))]
pub(crate) use self::confirmation_claim::UnknownBinding;
pub use self::into_token_verifier::IntoTokenVerifier;
pub use self::listed_token::ListedToken;
pub use self::server::Bearer;
pub use self::tokens::StaticTokens;
pub use self::verify_token::{VerifyToken, verify_async};
