//! A small issuer of tokens, for the tests of applications.

mod dpop;
mod introspection;
mod opaque_tokens;
mod service;
mod test_issuer;
mod token;

pub use self::dpop::{DpopKey, DpopProof};
pub use self::introspection::TestIntrospection;
pub use self::service::TestIssuerService;
pub use self::test_issuer::TestIssuer;
pub use self::token::TestToken;
