//! Password hashes: an attacker who reads a stored hash still has to guess the password.
//!
//! A [`PasswordHash`] is parsed from its usual text form once, when the accounts are loaded. A malformed hash, an
//! unknown format and a hash that is too costly to check are errors at that time. So no request fails because of a bad
//! hash, and no request falls back to a weaker comparison.
//!
//! | form | algorithm | read by |
//! |---|---|---|
//! | `$argon2id$`, `$argon2i$`, `$argon2d$` | Argon2 (RFC 9106) | [`PasswordHash::parse`] |
//! | `$scrypt$`, `$7$` | scrypt (RFC 7914) | [`PasswordHash::parse`] |
//! | `$pbkdf2-sha256$`, `$pbkdf2-sha512$` | PBKDF2 (RFC 8018) | [`PasswordHash::parse`] |
//! | `$2a$`, `$2b$`, `$2y$` | bcrypt | [`PasswordHash::parse`] |
//! | `$5$`, `$6$` | SHA-crypt | [`PasswordHash::parse`] |
//! | `$y$` | yescrypt | [`PasswordHash::parse`] |
//! | `$1$` | a thousand rounds of MD5 | [`HashFormats::legacy_md5_crypt`] |
//! | `$apr1$` | a thousand rounds of MD5 | [`HashFormats::legacy_apr1`] |
//! | `{SHA}`, `{SSHA}` | one round of SHA-1 | [`HashFormats::legacy_sha1`], [`HashFormats::legacy_salted_sha1`] |
//! | the password itself | none | [`PasswordHash::insecure_plaintext`] |
//!
//! PBKDF2 is read as a PHC string (`$pbkdf2-sha256$i=29000$..`) and as Python's passlib writes it
//! (`$pbkdf2-sha256$29000$..`). Apache and nginx on Linux read a few more formats. Some are broken, for example DES crypt
//! ignores all but the first 8 bytes of a password, and the others are rare. The error for such a hash names its format.
//!
//! ```
//! use tower_challenge::Secret;
//! use tower_challenge::password::hash::{HashAlgorithm, HashFormats, PasswordHash};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `htpasswd -nbB ada lovelace`
//! let hash = PasswordHash::parse("$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy")?;
//! assert_eq!(hash.algorithm(), HashAlgorithm::Bcrypt);
//! assert!(hash.matches(Secret::new("lovelace"))?);
//! assert!(!hash.matches(Secret::new("babbage"))?);
//!
//! let sha1 = "{SHA}MJgvYgf2tRctgBqviyzN0HpBdyY=";
//! assert!(PasswordHash::parse(sha1).is_err(), "a graphics card tries billions of passwords a second");
//! assert!(HashFormats::new().legacy_sha1().parse(sha1)?.matches(Secret::new("lovelace"))?);
//! # Ok(())
//! # }
//! ```

mod algorithm;
mod argon2;
mod bcrypt;
mod cost;
mod crypt64;
mod formats;
mod md5_crypt;
mod password_hash;
mod pbkdf2;
mod phc;
mod plaintext;
mod scrypt;
mod sha1;
mod sha_crypt;
mod stored;
mod unsupported;
mod yescrypt;

pub use self::algorithm::HashAlgorithm;
pub use self::argon2::argon2id;
pub use self::formats::HashFormats;
pub(super) use self::password_hash::HashFingerprint;
pub use self::password_hash::PasswordHash;
