//! Bearer (RFC 6750): whoever holds the token.
//!
//! Tokens are read from the `Authorization` field alone. One in the query is refused, because it ends up in logs and
//! histories; one in a form body is never looked for.

mod message;
mod server;
mod tokens;

pub use self::server::{Bearer, VerifyToken, verify_async};
pub use self::tokens::StaticTokens;
