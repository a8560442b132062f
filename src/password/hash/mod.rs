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
mod pbkdf2;
mod phc;
mod plaintext;
mod scrypt;
mod sha1;
mod sha_crypt;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use self::algorithm::Algorithm;
pub use self::argon2::argon2id;
pub use self::formats::Formats;

use zeroize::Zeroizing;

use self::cost::Cost;
use crate::config_error::ConfigError;
use crate::secret::Secret;
use crate::unavailable::Unavailable;

/// A stored hash of a password, ready to be compared with one. A clone costs one counter.
///
/// # Example
///
/// ```
/// use tower_challenge::password::hash::PasswordHash;
///
/// for broken in ["", "*", "lovelace", "$2y$broken", "$2x$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy"] {
///     assert!(PasswordHash::parse(broken).is_err());
/// }
/// let costly = PasswordHash::parse("$2y$31$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy");
/// assert!(costly.is_err(), "one login would take a day and a half");
/// ```
#[derive(Clone)]
pub struct PasswordHash {
    stored: Arc<dyn Stored>,
    fingerprint: Fingerprint,
}

/// Which hash it is: 128 bits that change with the text.
pub(super) type Fingerprint = [u8; 16];

/// One hash, as its algorithm sees it.
trait Stored: Send + Sync {
    fn algorithm(&self) -> Algorithm;

    fn cost(&self) -> Cost;

    /// Computes the hash of `password`, whatever it is, and compares.
    fn matches(&self, password: &[u8]) -> Result<bool, Unavailable>;

    /// One that costs the same and that no password matches.
    fn decoy(&self) -> Arc<dyn Stored>;
}

impl PasswordHash {
    /// Reads a PHC string, or one of bcrypt or SHA-crypt. [`Formats`] reads others, and sets other limits.
    ///
    /// # Errors
    ///
    /// It is none of these, it is broken, or one check would take longer than two seconds or more than 256 MiB.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        Formats::new().parse(text)
    }

    /// Keeps the password itself. Whoever reads it has it: for tests, and for generated passwords that guard nothing.
    ///
    /// One that holds NUL matches nothing. No text form leads here, so that a file with a broken hash never becomes one with a password.
    #[must_use]
    pub fn insecure_plaintext(password: Secret<'_>) -> Self {
        let stored = plaintext::Plaintext::new(password.expose().as_bytes());
        // A password may look like a hash, and is another one.
        let text = Zeroizing::new(format!("the password {}", password.expose()));
        Self::new(text.as_bytes(), Arc::new(stored))
    }

    fn new(text: &[u8], stored: Arc<dyn Stored>) -> Self {
        let fingerprint = fingerprint(text);
        Self {
            stored,
            fingerprint,
        }
    }

    /// Whether `password` has this hash. It takes as long as the hash takes, so call it where that blocks nobody: a
    /// [`HashingPool`](super::HashingPool) has threads for it.
    ///
    /// The time depends on the password's length, not on where it is wrong. For bcrypt, which hears 72 octets and stops,
    /// a longer password is wrong after as much work as any other. So is one that holds NUL for every algorithm: bcrypt
    /// takes `a` and `a\0a` for the same, and what is built on HMAC `a` and `a\0`.
    ///
    /// # Errors
    ///
    /// There is no memory to compute it in.
    pub fn matches(&self, password: Secret<'_>) -> Result<bool, Unavailable> {
        let password = password.expose().as_bytes();
        let holds_nul = password.contains(&0);
        Ok(self.stored.matches(password)? & !holds_nul)
    }

    /// Its algorithm.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.stored.algorithm()
    }

    /// How long one check takes on one core of a machine of 2026, estimated from its parameters: to compare hashes with
    /// each other, and to say which should be made anew.
    #[must_use]
    pub fn estimated_time(&self) -> Duration {
        self.stored.cost().time
    }

    /// How much memory one check takes, in octets.
    #[must_use]
    pub fn memory(&self) -> u64 {
        self.stored.cost().memory
    }

    /// A hash with the same parameters that no password matches: what is computed for an account that does not exist.
    #[must_use]
    pub fn decoy(&self) -> Self {
        let mut text = *b"decoy of 0123456789abcdef";
        text[9..].copy_from_slice(&self.fingerprint);
        Self::new(&text, self.stored.decoy())
    }

    pub(super) fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }
}

fn fingerprint(text: &[u8]) -> Fingerprint {
    let mut fingerprint = Fingerprint::default();
    let hash = blake3::hash(text);
    fingerprint.copy_from_slice(&hash.as_bytes()[..size_of::<Fingerprint>()]);
    fingerprint
}

/// The same number of octets, every one of them another.
fn other_than(octets: &[u8]) -> Box<[u8]> {
    octets.iter().map(|octet| !octet).collect()
}

/// Shows the parameters, which are no secret, and neither salt nor hash.
impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasswordHash")
            .field("algorithm", &self.algorithm())
            .field("estimated_time", &self.estimated_time())
            .finish_non_exhaustive()
    }
}
