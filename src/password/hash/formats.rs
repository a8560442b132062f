//! Which text forms of hashes are read, and how costly they may be.

use std::sync::Arc;
use std::time::Duration;

use super::apr1::Apr1Hash;
use super::argon2::Argon2Hash;
use super::bcrypt::BcryptHash;
use super::password_hash::PasswordHash;
use super::pbkdf2::Pbkdf2Hash;
use super::scrypt::ScryptHash;
use super::sha_crypt::ShaCrypt;
use super::sha1::Sha1Hash;
use super::stored::StoredHash;
use crate::config_error::ConfigError;

/// Reads hashes from text: PHC strings, bcrypt and SHA-crypt, and such as it is told to.
///
/// # Example
///
/// ```
/// use std::time::Duration;
/// use tower_challenge::password::hash::HashFormats;
///
/// let apr1 = "$apr1$s0cgqx0u$dFxMgia..CFPz0d2QufBb.";
/// assert!(HashFormats::new().parse(apr1).is_err());
/// assert!(HashFormats::new().legacy_apr1().parse(apr1).is_ok());
///
/// let quick = HashFormats::new().max_time(Duration::from_millis(100));
/// assert!(quick.parse("$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy").is_ok());
/// assert!(quick.parse("$2y$14$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy").is_err());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct HashFormats {
    max_time: Duration,
    max_memory: u64,
    apr1: bool,
    sha1: bool,
    salted_sha1: bool,
}

impl HashFormats {
    /// Argon2, scrypt, PBKDF2, bcrypt and SHA-crypt, up to two seconds and 256 MiB a check.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_time: Duration::from_secs(2),
            max_memory: 256 << 20,
            apr1: false,
            sha1: false,
            salted_sha1: false,
        }
    }

    /// Reads `$apr1$` too, the default of Apache's `htpasswd`: MD5, a thousand times. A graphics card tries tens of
    /// millions of passwords a second.
    #[must_use]
    pub const fn legacy_apr1(mut self) -> Self {
        self.apr1 = true;
        self
    }

    /// Reads `{SHA}` too: SHA-1, once, without salt. A graphics card tries tens of billions of passwords a second, on
    /// all accounts at once.
    #[must_use]
    pub const fn legacy_sha1(mut self) -> Self {
        self.sha1 = true;
        self
    }

    /// Reads `{SSHA}` too: SHA-1, once, with salt.
    #[must_use]
    pub const fn legacy_salted_sha1(mut self) -> Self {
        self.salted_sha1 = true;
        self
    }

    /// Refuses hashes of which one check takes longer than `time`, as
    /// [estimated](PasswordHash::estimated_time).
    #[must_use]
    pub const fn max_time(mut self, time: Duration) -> Self {
        self.max_time = time;
        self
    }

    /// Refuses hashes of which one check takes more memory than `octets`.
    #[must_use]
    pub const fn max_memory(mut self, octets: u64) -> Self {
        self.max_memory = octets;
        self
    }

    /// Reads a hash.
    ///
    /// # Errors
    ///
    /// It is of no form that is read, it is broken, or it is too costly. The text of the error repeats nothing of it.
    pub fn parse(&self, text: &str) -> Result<PasswordHash, ConfigError> {
        let stored = self.stored(text)?;
        let cost = stored.cost();
        if cost.time > self.max_time || cost.memory > self.max_memory {
            return Err(ConfigError::new(format!(
                "the {} hash is too costly to check: raise `HashFormats::max_time` and `max_memory`, or make another",
                stored.algorithm()
            )));
        }
        Ok(PasswordHash::new(text.as_bytes(), stored))
    }

    /// By how it starts. Nothing else is tried if that form turns out to be broken.
    fn stored(&self, text: &str) -> Result<Arc<dyn StoredHash>, ConfigError> {
        let start = text.split_inclusive(['$', '}']).take(2);
        let start = start.map(str::len).sum::<usize>();
        match text.split_at(start) {
            ("$argon2id$" | "$argon2i$" | "$argon2d$", _) => {
                made("Argon2", Argon2Hash::parse(text))
            }
            ("$scrypt$", _) => made("scrypt", ScryptHash::parse(text)),
            ("$pbkdf2-sha256$" | "$pbkdf2-sha512$", _) => made("PBKDF2", Pbkdf2Hash::parse(text)),
            ("$2a$" | "$2b$" | "$2y$", rest) => made("bcrypt", BcryptHash::parse(rest)),
            ("$5$", rest) => made("SHA-crypt", ShaCrypt::parse_sha256(rest)),
            ("$6$", rest) => made("SHA-crypt", ShaCrypt::parse_sha512(rest)),
            ("$apr1$", rest) => asked(self.apr1, "legacy_apr1", || {
                made("apr1", Apr1Hash::parse(rest))
            }),
            _ => self.sha1(text),
        }
    }

    fn sha1(&self, text: &str) -> Result<Arc<dyn StoredHash>, ConfigError> {
        if let Some(rest) = text.strip_prefix("{SHA}") {
            let parse = || made("{SHA}", Sha1Hash::parse(rest));
            return asked(self.sha1, "legacy_sha1", parse);
        }
        if let Some(rest) = text.strip_prefix("{SSHA}") {
            let parse = || made("{SSHA}", Sha1Hash::parse_salted(rest));
            return asked(self.salted_sha1, "legacy_salted_sha1", parse);
        }
        Err(ConfigError::new(
            "that is no password hash that can be read: PHC strings, bcrypt and SHA-crypt are",
        ))
    }
}

impl PasswordHash {
    /// Reads a PHC string, or one of bcrypt or SHA-crypt. [`HashFormats`] reads others, and sets other limits.
    ///
    /// # Errors
    ///
    /// It is none of these, it is broken, or one check would take longer than two seconds or more than 256 MiB.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        HashFormats::new().parse(text)
    }
}

/// A form that is read only on request.
fn asked(
    is_read: bool,
    by: &str,
    parse: impl FnOnce() -> Result<Arc<dyn StoredHash>, ConfigError>,
) -> Result<Arc<dyn StoredHash>, ConfigError> {
    if is_read {
        return parse();
    }
    Err(ConfigError::new(format!(
        "the hash is of a weak kind: make another, or read it with `HashFormats::{by}`"
    )))
}

fn made<S: StoredHash + 'static>(
    form: &str,
    parsed: Option<S>,
) -> Result<Arc<dyn StoredHash>, ConfigError> {
    match parsed {
        Some(stored) => Ok(Arc::new(stored)),
        None => Err(ConfigError::new(format!("the {form} hash is broken"))),
    }
}

impl Default for HashFormats {
    fn default() -> Self {
        Self::new()
    }
}
