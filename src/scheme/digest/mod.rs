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
//!
//! # What there is to choose
//!
//! | what | how |
//! |---|---|
//! | `SHA-256`, `SHA-512-256`; `MD5` on request | [`algorithms`](DigestBuilder::algorithms), [`legacy_md5`](DigestBuilder::legacy_md5) |
//! | their session forms, `-sess` | [`session_algorithms`](DigestBuilder::session_algorithms) |
//! | `qop=auth-int`, which covers the body | `AuthInt` (feature `signed-body`) |
//! | `userhash`, hashes in the place of names | [`userhash`](DigestBuilder::userhash) |
//! | nonces for one request each; `nextnonce` | [`one_time_nonces`](DigestBuilder::one_time_nonces), [`next_nonce`](DigestBuilder::next_nonce) |
//! | the form of RFC 2069, without `qop` | [`legacy_rfc2069`](DigestBuilder::legacy_rfc2069) |
//! | habits of old clients | [`ClientQuirk`] |
//!
//! SHA-256 alone, with `qop="auth"`, is what all clients of today understand but those that know MD5 only. SHA-256 and then
//! MD5 is what most clients of any age answer rightly: each takes the first that it knows. Avoid quotes and backslashes in
//! a realm.
//!
//! # From stored MD5 hashes to SHA-256
//!
//! A stored hash cannot be turned into one of another algorithm; and unlike a login with Basic, one with Digest does not
//! bring the password that a new one could be made of. So SHA-256 hashes can only come from where the password passes in
//! clear: when it is set or changed, or at a login form or with Basic, behind TLS. Nor can SHA-256 be offered while accounts
//! lack it: clients that know it take it, do not come back with MD5, and whoever lacks the hash is shut out.
//!
//! 1. Offer MD5 alone, as before. Wherever a password passes, keep a hash for every algorithm:
//!    [`DigestAccount::from_password`], or [`Ha1::of`](proof::Ha1::of) and [`to_hex`](proof::Ha1::to_hex) for a database.
//! 2. When [`DigestAccounts::without`] names nobody any more, or nobody who matters, offer SHA-256 and MD5. Those who are
//!    left get new passwords.
//! 3. When no client needs it any more, offer SHA-256 alone, and delete the MD5 hashes: they are as good as passwords.
//!
//! ```
//! use tower_challenge::scheme::Digest;
//! use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccount, DigestAccounts, DigestBuilder};
//! use tower_challenge::{ConfigError, Principal, Secret};
//!
//! fn digest(accounts: DigestAccounts) -> DigestBuilder<DigestAccounts> {
//!     let ready = accounts.without(DigestAlgorithm::Sha256).next().is_none();
//!     let offered = if ready { DigestAlgorithm::Sha256 } else { DigestAlgorithm::Md5 };
//!     Digest::builder("files", accounts).algorithms([offered]).legacy_md5()
//! }
//!
//! # fn main() -> Result<(), ConfigError> {
//! // As it stood in an htdigest file,
//! let old = DigestAccount::new("files", Principal::new("ada"))
//!     .with_ha1(DigestAlgorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23")?;
//! let accounts = DigestAccounts::from_accounts([("ada".to_owned(), old)])?;
//! assert!(accounts.without(DigestAlgorithm::Sha256).eq(["ada"]), "SHA-256 would shut her out");
//! assert!(digest(accounts).build().is_ok());
//!
//! // and after she has set a password.
//! let new = DigestAccount::from_password("files", "ada", Secret::new("lovelace"), Principal::new("ada"));
//! let accounts = DigestAccounts::from_accounts([("ada".to_owned(), new)])?;
//! assert_eq!(accounts.without(DigestAlgorithm::Sha256).count(), 0);
//! assert!(digest(accounts).build().is_ok());
//! # Ok(())
//! # }
//! ```

mod accounts;
mod algorithm;
mod assembly;
#[cfg(feature = "signed-body")]
mod auth_int;
mod builder;
mod core;
#[cfg(feature = "htpasswd")]
mod htdigest;
mod judge;
pub mod message;
pub mod proof;
mod quirks;
mod rules;
mod server;
mod template;
mod unverified;
mod user_hash;

pub use self::accounts::{DigestAccount, DigestAccounts};
pub use self::algorithm::DigestAlgorithm;
#[cfg(feature = "signed-body")]
pub use self::auth_int::AuthInt;
pub use self::builder::DigestBuilder;
#[cfg(feature = "htpasswd")]
pub use self::htdigest::{htdigest, htdigest_with};
pub use self::quirks::ClientQuirk;
pub use self::rules::NextNonce;
pub use self::server::Digest;
pub use self::user_hash::UserHash;
pub use crate::stateless_nonce::NonceKeys;
