//! Digest (RFC 7616): proof of a password, bound to the method and the target of one request.
//!
//! The password does not cross the wire, and a request cannot be replayed or used for another target. It is no
//! substitute for TLS: nothing else of the request is protected, and who sees an exchange can guess passwords offline.
//!
//! What a server keeps per account is `H(user:realm:password)`, which is as good as the password for that realm: keep
//! it as safe.
//!
//! A nonce is a time, an identifier and a MAC over both, so that issuing one costs no memory. Each of its counts is
//! accepted once, in any order, and is remembered only after the digest has verified. `stale=true`, which tells that a
//! password was right, is said only when it was.

mod account;
mod accounts;
mod algorithm;
#[cfg(feature = "signed-body")]
mod auth_int;
mod builder;
mod claimed;
mod core;
mod find;
mod hex;
#[cfg(feature = "htpasswd")]
mod htdigest;
mod info;
mod judge;
pub mod message;
mod nonce;
pub mod proof;
mod quirks;
mod rules;
mod server;
mod sessions;
mod target;
mod template;
mod user_hash;

pub use self::account::DigestAccount;
pub use self::accounts::DigestAccounts;
pub use self::algorithm::Algorithm;
#[cfg(feature = "signed-body")]
pub use self::auth_int::AuthInt;
pub use self::builder::DigestBuilder;
#[cfg(feature = "htpasswd")]
pub use self::htdigest::{htdigest, htdigest_with};
pub use self::nonce::NonceKeys;
pub use self::quirks::Quirk;
pub use self::rules::NextNonce;
pub use self::server::Digest;
pub use self::user_hash::UserHash;
