//! Digest (RFC 7616): the client proves that it knows the password, for one method and one target.
//!
//! The client never sends the password, and an attacker cannot replay a request or use it for another target. Digest
//! does not replace TLS. It protects nothing else of the request, and an attacker who sees one exchange can try
//! passwords against it offline.
//!
//! For each account the server keeps `H(user:realm:password)`, called HA1. An attacker who has it can log in to that
//! realm as if with the password, so keep it as safe as the password.
//!
//! # Example
//!
//! The server makes HA1 from a list of names and passwords. By default it offers SHA-256.
//! [`legacy_md5`](DigestBuilder::legacy_md5) adds MD5 as the last algorithm, for old devices that know no other:
//!
//! ```
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use http::{Request, Response, header::WWW_AUTHENTICATE};
//! use tower::{ServiceBuilder, ServiceExt, service_fn};
//! use tower_challenge::RequireAuth;
//! use tower_challenge::scheme::Digest;
//!
//! async fn hello(_: Request<()>) -> Result<Response<String>, std::convert::Infallible> {
//!     Ok(Response::new("hello".to_owned()))
//! }
//!
//! let devices = [("camera", "l0velace"), ("printer", "h0pper")];
//! let digest = Digest::builder("devices", devices).legacy_md5().build()?;
//! let service = ServiceBuilder::new().layer(RequireAuth::new(digest)?).service(service_fn(hello));
//!
//! let refused = service.oneshot(Request::get("/").body(())?).await?;
//! assert_eq!(refused.status(), 401);
//! let mut challenges = refused.headers().get_all(WWW_AUTHENTICATE).iter();
//! assert!(challenges.next().ok_or("no challenge")?.to_str()?.contains("algorithm=SHA-256"));
//! assert!(challenges.next().ok_or("one challenge")?.to_str()?.contains("algorithm=MD5"));
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap();
//! ```
//!
//! For SHA-256 alone, [`RequireAuth::digest("devices", devices)`](crate::RequireAuth::digest) is the whole layer. For stored hashes,
//! see [`DigestAccounts`] and the [last section](#from-stored-md5-hashes-to-sha-256). For a whole server with hyper alone, see
//! [`guide::start`](crate::guide::start#without-axum).
//!
//! # How a login goes
//!
//! 1. The server refuses the first request with `401` and a challenge (RFC 7616 section 3.3). The challenge names the
//!    realm, the algorithm and a *nonce*, a text that the server made for this purpose.
//! 2. The client hashes the password, the nonce, the method and the target into a *response* (section 3.4.1), and
//!    repeats the request with it.
//! 3. The server computes the same hash from the stored HA1 and compares. For the next request, the client uses the
//!    same nonce again and counts one higher.
//!
//! # The words of the protocol
//!
//! - **Nonce** (RFC 7616 section 3.3): a text that the server makes for each challenge. Every response covers it, so a
//!   response to an old nonce is useless.
//! - **Nonce count**, `nc` (section 3.4): the number of requests that the client has sent with this nonce, this one
//!   included, as 8 hexadecimal digits. The server accepts each count once, so a repeated request is refused as a
//!   replay.
//! - **Client nonce**, `cnonce` (section 3.4): a text that the client makes. Every response covers it, so an attacker
//!   who poses as the server cannot compute responses beforehand.
//! - **`opaque`** (section 3.3): a text in the challenge that the client returns unchanged.
//! - **`stale`** (section 3.3): `stale=true` tells the client that its password was right and only the nonce was not
//!   good. The client repeats the request with a new nonce, without asking the user.
//! - **`qop`**, quality of protection (sections 3.3 and 3.4.3): what the response covers. `auth` covers the method and
//!   the target, `auth-int` also covers the body.
//! - **`userhash`** (section 3.4.4): the client sends `H(user:realm)` in place of the name, which hides the name from
//!   readers of the traffic.
//! - **Session algorithm**, `-sess` (section 3.4.2): the client hashes HA1 once more with both nonces, and uses the
//!   result as its secret.
//! - **`rspauth`** (section 3.5): the server's own proof that it knows the password, in `Authentication-Info` of the
//!   response.
//! - **`nextnonce`** (section 3.5): the nonce for the client's next request, also in `Authentication-Info`. It spares
//!   the client a round trip.
//!
//! A nonce consists of a time, an identifier and a MAC over both, so the server needs no memory to issue one. The
//! server accepts each count of a nonce once, in any order. It remembers a count only after the digest has verified, so
//! an attacker without a password cannot fill the memory. The server sends `stale=true` only after it has found the
//! password right, because `stale=true` tells the client so.
//!
//! # The life of a nonce
//!
//! The picture shows the defaults: a nonce lives for 5 minutes. `nc=1` stands for `nc=00000001`. The *response* is the
//! hash that the client sends.
//!
#![doc = include_str!("../../../pictures/nonce_life.svg")]
//!
//! A nonce is also stale if a server made it under keys that are no longer known, with other settings of the scheme, or
//! in another [epoch](crate::store::StoreEpoch) of the store. For example, each restart of the server begins a new epoch
//! of a [`MemoryStore`](crate::store::MemoryStore). With [`one_time_nonces`](DigestBuilder::one_time_nonces), a nonce is
//! good for one request, and each response names the next.
//!
//! # Options
//!
//! | option | how to set it |
//! |---|---|
//! | `SHA-256`, `SHA-512-256`; `MD5` on request, as the last one | [`algorithms`](DigestBuilder::algorithms), [`legacy_md5`](DigestBuilder::legacy_md5) |
//! | session algorithms, `-sess` | [`session_algorithms`](DigestBuilder::session_algorithms) |
//! | `qop=auth-int`, which covers the body | `AuthInt` (feature `signed-body`) |
//! | `userhash`, a hash in place of the name | [`userhash`](DigestBuilder::userhash) |
//! | one-time nonces; `nextnonce` | [`one_time_nonces`](DigestBuilder::one_time_nonces), [`next_nonce`](DigestBuilder::next_nonce) |
//! | the form of RFC 2069, without `qop` | [`legacy_rfc2069`](DigestBuilder::legacy_rfc2069) |
//! | deviations of old clients | [`ClientQuirk`] |
//!
//! SHA-256 alone with `qop="auth"` works with all clients of today, except those that know only MD5. SHA-256 followed
//! by MD5 works with most clients of any age: each client takes the first algorithm that it knows. Avoid quotes and
//! backslashes in a realm, because some clients mishandle them.
//!
//! # From stored MD5 hashes to SHA-256
//!
//! A stored hash cannot be converted to another algorithm. A login with Basic brings the password, so the server could
//! compute a new hash; a login with Digest does not. SHA-256 hashes therefore have to be computed where the application
//! sees the password in clear, behind TLS: when a user sets or changes a password, at a login form, or at a login with
//! Basic.
//!
//! Do not offer SHA-256 while accounts lack its hash. A client that knows SHA-256 takes it and does not come back with
//! MD5, so the owner of an account without that hash cannot log in.
//!
//! 1. Offer MD5 alone, as before. Wherever the application sees a password, store a hash for every algorithm:
//!    [`DigestAccount::from_password`], or [`Ha1::of`](proof::Ha1::of) and [`to_hex`](proof::Ha1::to_hex) for a
//!    database.
//! 2. When [`DigestAccounts::without`] lists no account that is still needed, offer SHA-256 and MD5. Give new passwords
//!    to the owners of the accounts that it still lists.
//! 3. When no client needs MD5 any more, offer SHA-256 alone. Delete the MD5 hashes, since each is as good as a
//!    password.
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
//! // The account as an htdigest file has it:
//! let old = DigestAccount::new("files", Principal::new("ada"))
//!     .with_ha1(DigestAlgorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23")?;
//! let accounts = DigestAccounts::from_accounts([("ada".to_owned(), old)])?;
//! assert!(accounts.without(DigestAlgorithm::Sha256).eq(["ada"]), "she could not log in with SHA-256");
//! assert!(digest(accounts).build().is_ok());
//!
//! // The account after its owner has set a password:
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
mod escapes;
#[cfg(feature = "htpasswd")]
mod htdigest;
mod into_digest_lookup;
mod judge;
pub mod message;
pub mod proof;
mod quirks;
mod reasons;
mod rules;
mod server;
mod template;
#[cfg(test)]
mod tests_of_work;
mod unverified;
mod user_hash;
mod username;

pub use self::accounts::{DigestAccount, DigestAccounts};
pub use self::algorithm::DigestAlgorithm;
#[cfg(feature = "signed-body")]
pub use self::auth_int::AuthInt;
pub use self::builder::DigestBuilder;
#[cfg(feature = "htpasswd")]
pub use self::htdigest::{htdigest, htdigest_with};
pub use self::into_digest_lookup::IntoDigestLookup;
pub use self::quirks::ClientQuirk;
pub use self::rules::NextNonce;
pub use self::server::Digest;
pub use self::user_hash::UserHash;
pub use crate::stateless_nonce::NonceKeys;
