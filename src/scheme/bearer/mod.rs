//! Bearer (RFC 6750): the client sends a token, and any client that has the token is admitted.
//!
//! The scheme reads tokens only from the `Authorization` field. [`WebSocketBearer`] also reads them from the handshakes of
//! WebSockets, because pages in browsers cannot set that field there. Bearer refuses a token in the query of the URL, because a
//! query ends up in logs and browser histories. It does not look for tokens in form bodies.

mod bound_token;
#[cfg(any(
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto"
))]
mod confirmation_claim;
mod into_token_verifier;
mod listed_token;
mod map_identity;
mod message;
#[cfg(feature = "resource-metadata")]
mod of_metadata;
mod reasons;
mod server;
pub(super) mod token_challenge;
mod tokens;
mod verify_token;
mod websocket;
mod websocket_message;

pub use self::bound_token::{BoundIdentity, BoundNowOrLater, TokenConfirmation, VerifyBoundToken};
#[cfg(any(
    feature = "introspection",
    feature = "jwt-aws-lc",
    feature = "jwt-rust-crypto"
))]
pub(crate) use self::confirmation_claim::UnknownBinding;
pub use self::into_token_verifier::IntoTokenVerifier;
pub use self::listed_token::ListedToken;
pub use self::map_identity::{MapTokenIdentity, UnboundTokens, VerifyTokenExt};
pub use self::server::Bearer;
pub use self::tokens::StaticTokens;
pub use self::verify_token::{VerifyToken, verify_async};
pub use self::websocket::WebSocketBearer;
