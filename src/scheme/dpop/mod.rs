//! DPoP (RFC 9449): the client sends a token that is bound to its key, and proves with every request that it has the key.
//!
//! An attacker who steals a bearer token can use it. An attacker who steals a token of DPoP also needs the private key of
//! the client, which never leaves the client.
//!
//! # How a request goes
//!
//! 1. The client makes a key pair, and gets a token from the authorization server that is bound to the public key: the
//!    token has the thumbprint of the key in `cnf` (section 6).
//! 2. For each request, the client signs a *proof*: a JWT with the method (`htm`), the URI (`htu`), the time (`iat`), a hash
//!    of the token (`ath`) and an identifier (`jti`). It sends the token in `Authorization: DPoP` and the proof in the field
//!    `DPoP` (sections 4 and 7).
//! 3. The server verifies the proof and the token, and compares the key of the proof with that of the token. It accepts
//!    each proof once.
//!
//! # The order of the checks
//!
//! There is one field with one proof. It is a JWT with the right claims, its `typ` is `dpop+jwt`, its algorithm is allowed,
//! and the public key in its header has signed it. `htm` is the method, character for character. `htu` is the
//! [configured origin](DpopBuilder::external_origin) with the path of the request, as [`ProofTarget`] compares them. The
//! nonce is one of this server, if the server [requires](DpopNonces) one. `iat` is not too old and not in the future; with a
//! nonce that is good for no longer than [`proof_age`](DpopBuilder::proof_age), the nonce tells the time, and `iat` may be any
//! time. `ath` is the hash of the token. The token is valid and bound to the key. If it is bound to a certificate, too
//! (`x5t#S256` in its `cnf`, RFC 8705 section 3.1), the connection has this certificate. The feature `client-certificate` tells
//! the server which certificate that is; without it, such a token is refused. Last, the server remembers the key with the `jti`
//! until the proof is no longer good, so a client without a valid token uses no memory.
//!
//! # What DPoP does not protect
//!
//! The proof covers neither the body nor the query nor other fields. Without nonces, a client (or an attacker who can use its
//! key for a moment) can make proofs for a later time. After a restart, a
//! [`MemoryStore`](crate::store::MemoryStore) has forgotten which proofs were used, and a copied proof is good once more until
//! it is too old. [`DpopNonces::Required`] prevents both.
//!
//! # The parts
//!
//! | part | what it does |
//! |---|---|
//! | [`Dpop`] | the scheme; its [builder](DpopBuilder) has the settings |
//! | [`VerifyBoundToken`](crate::scheme::bearer::VerifyBoundToken) | verifies a token, and says to which key it is bound |
//! | [`ProofTarget`] | the normal form of `htu` |
//! | [`proof`], [`message`] | the hash of a token, and the names of the fields |
//! | `DpopKey` in `testing` | makes keys and proofs for tests (feature `testing`) |
//!
//! The guide [`dpop`](crate::guide::dpop) says when to choose DPoP, and how it stands beside Bearer.

mod assembly;
mod builder;
mod challenges;
mod core;
mod judge;
pub mod message;
mod nonces;
#[cfg(feature = "resource-metadata")]
mod of_metadata;
pub mod proof;
mod reasons;
mod server;
mod target;

pub use self::builder::DpopBuilder;
pub use self::nonces::DpopNonces;
pub use self::server::Dpop;
pub use self::target::ProofTarget;
pub use crate::stateless_nonce::NonceKeys;
