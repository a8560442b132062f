//! How a password is kept so that whoever reads it still has to guess.
//!
//! A [`PasswordHash`] is read from its usual text form once, when it is loaded. What is broken, unknown, or too costly to
//! check is an error then, and nothing is left to fail, or to fall back to, when a request comes.
//!
//! | form | algorithm | by |
//! |---|---|---|
//! | `$argon2id$`, `$argon2i$`, `$argon2d$` | Argon2 (RFC 9106) | [`PasswordHash::parse`] |
//! | `$scrypt$` | scrypt (RFC 7914) | [`PasswordHash::parse`] |
//! | `$pbkdf2-sha256$`, `$pbkdf2-sha512$` | PBKDF2 (RFC 8018) | [`PasswordHash::parse`] |
//! | `$2a$`, `$2b$`, `$2y$` | bcrypt | [`PasswordHash::parse`] |
//! | `$5$`, `$6$` | SHA-crypt | [`PasswordHash::parse`] |
//! | `$apr1$` | a thousand rounds of MD5 | [`Formats::legacy_apr1`] |
//! | `{SHA}`, `{SSHA}` | one round of SHA-1 | [`Formats::legacy_sha1`], [`Formats::legacy_salted_sha1`] |
//! | the password itself | none | [`PasswordHash::insecure_plaintext`] |
//!
//! ```
//! use tower_challenge::Secret;
//! use tower_challenge::password::hash::{Algorithm, Formats, PasswordHash};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `htpasswd -nbB ada lovelace`
//! let hash = PasswordHash::parse("$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy")?;
//! assert_eq!(hash.algorithm(), Algorithm::Bcrypt);
//! assert!(hash.matches(Secret::new("lovelace"))?);
//! assert!(!hash.matches(Secret::new("babbage"))?);
//!
//! let sha1 = "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=";
//! assert!(PasswordHash::parse(sha1).is_err(), "guessed by the billion a second");
//! assert!(Formats::new().legacy_sha1().parse(sha1)?.matches(Secret::new("lovelace"))?);
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod apr1;
mod argon2;
mod bcrypt;
mod cost;
mod crypt64;
mod formats;
mod password_hash;
mod pbkdf2;
mod phc;
mod plaintext;
mod scrypt;
mod sha1;
mod sha_crypt;
mod stored;

pub use self::algorithm::Algorithm;
pub use self::argon2::argon2id;
pub use self::formats::Formats;
pub(super) use self::password_hash::Fingerprint;
pub use self::password_hash::PasswordHash;
