//! Bearer (RFC 6750): the client sends a token, and any client that has the token is admitted.
//!
//! The scheme reads tokens only from the `Authorization` field. It refuses a token in the query of the URL, because a
//! query ends up in logs and browser histories. It does not look for tokens in form bodies.

mod message;
#[cfg(feature = "resource-metadata")]
mod of_metadata;
mod reasons;
mod server;
mod tokens;

pub use self::server::{Bearer, VerifyToken, verify_async};
pub use self::tokens::StaticTokens;
