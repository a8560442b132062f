//! Parses the text forms of password hashes, and limits their cost.

use std::sync::Arc;
use std::time::Duration;

use super::argon2::Argon2Hash;
use super::bcrypt::BcryptHash;
use super::md5_crypt::Md5CryptHash;
use super::password_hash::PasswordHash;
use super::pbkdf2::Pbkdf2Hash;
use super::scrypt::ScryptHash;
use super::sha_crypt::ShaCrypt;
use super::sha1::Sha1Hash;
use super::stored::StoredHash;
use super::unsupported::unsupported;
use super::yescrypt::YescryptHash;
use crate::config_error::ConfigError;

/// Parses password hashes. It knows which text forms are allowed and how costly a check may be.
///
/// PHC strings, the PBKDF2 hashes of passlib, and bcrypt, SHA-crypt, scrypt and yescrypt of crypt(3) are always allowed. Each weak legacy format has to be allowed by its own method,
/// and an error names that method.
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
    md5_crypt: bool,
    sha1: bool,
    salted_sha1: bool,
}

impl HashFormats {
    /// Allows Argon2, scrypt, PBKDF2, bcrypt, SHA-crypt and yescrypt, up to two seconds and 256 MiB per check.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            max_time: Duration::from_secs(2),
            max_memory: 256 << 20,
            apr1: false,
            md5_crypt: false,
            sha1: false,
            salted_sha1: false,
        }
    }

    /// Also allows `$apr1$`, the default of Apache's `htpasswd`.
    ///
    /// It is weak: a thousand rounds of MD5. A graphics card tries tens of millions of passwords a second.
    #[must_use]
    pub const fn legacy_apr1(mut self) -> Self {
        self.apr1 = true;
        self
    }

    /// Also allows `$1$`, MD5-crypt. It was the default of crypt(3) on Linux for many years, for example in files that
    /// `openssl passwd -1` wrote for nginx.
    ///
    /// It is weak: a thousand rounds of MD5. A graphics card tries tens of millions of passwords a second.
    #[must_use]
    pub const fn legacy_md5_crypt(mut self) -> Self {
        self.md5_crypt = true;
        self
    }

    /// Also allows `{SHA}`.
    ///
    /// It is very weak: one round of SHA-1 without a salt. A graphics card tries tens of billions of passwords a
    /// second. Each guess is tried on all accounts at once, because there is no salt.
    #[must_use]
    pub const fn legacy_sha1(mut self) -> Self {
        self.sha1 = true;
        self
    }

    /// Also allows `{SSHA}`.
    ///
    /// It is very weak: one round of SHA-1 with a salt.
    #[must_use]
    pub const fn legacy_salted_sha1(mut self) -> Self {
        self.salted_sha1 = true;
        self
    }

    /// Refuses hashes whose check takes longer than `time`, by [estimate](PasswordHash::estimated_time). The default is
    /// two seconds.
    #[must_use]
    pub const fn max_time(mut self, time: Duration) -> Self {
        self.max_time = time;
        self
    }

    /// Refuses hashes whose check takes more than this many bytes of memory. The default is 256 MiB.
    #[must_use]
    pub const fn max_memory(mut self, bytes: u64) -> Self {
        self.max_memory = bytes;
        self
    }

    /// Parses a hash.
    ///
    /// # Errors
    ///
    /// - The format is unknown, or it is a weak legacy format that is not allowed.
    /// - The hash is malformed. A malformed hash is not tried in another format.
    /// - A check of the hash would take more time or memory than the limits.
    ///
    /// The message quotes nothing of the hash.
    pub fn parse(&self, text: &str) -> Result<PasswordHash, ConfigError> {
        let stored = self.stored(text)?;
        let cost = stored.cost();
        if cost.time > self.max_time || cost.memory > self.max_memory {
            return Err(ConfigError::new(format!(
                "the {} hash is too costly to check: create a cheaper hash, or raise `HashFormats::max_time` or \
                 `HashFormats::max_memory`",
                stored.algorithm()
            )));
        }
        Ok(PasswordHash::new(text.as_bytes(), stored))
    }

    /// Parses a hash in the format that its prefix names. If that fails, no other format is tried.
    fn stored(&self, text: &str) -> Result<Arc<dyn StoredHash>, ConfigError> {
        let start = text.split_inclusive(['$', '}']).take(2);
        let start = start.map(str::len).sum::<usize>();
        match text.split_at(start) {
            ("$argon2id$" | "$argon2i$" | "$argon2d$", _) => {
                parsed("Argon2", Argon2Hash::parse(text))
            }
            ("$scrypt$", _) => parsed("scrypt", ScryptHash::parse(text)),
            ("$7$", rest) => parsed("scrypt", ScryptHash::parse_crypt(rest)),
            ("$pbkdf2-sha256$" | "$pbkdf2-sha512$", _) => parsed("PBKDF2", Pbkdf2Hash::parse(text)),
            ("$2a$" | "$2b$" | "$2y$", rest) => parsed("bcrypt", BcryptHash::parse(rest)),
            ("$5$", rest) => parsed("SHA-crypt", ShaCrypt::parse_sha256(rest)),
            ("$6$", rest) => parsed("SHA-crypt", ShaCrypt::parse_sha512(rest)),
            ("$y$", rest) => parsed("yescrypt", YescryptHash::parse(rest)),
            ("$1$", rest) => legacy(self.md5_crypt, "legacy_md5_crypt", || {
                parsed("MD5-crypt", Md5CryptHash::parse_md5_crypt(rest))
            }),
            ("$apr1$", rest) => legacy(self.apr1, "legacy_apr1", || {
                parsed("apr1", Md5CryptHash::parse_apr1(rest))
            }),
            _ => self.sha1(text),
        }
    }

    fn sha1(&self, text: &str) -> Result<Arc<dyn StoredHash>, ConfigError> {
        if let Some(rest) = text.strip_prefix("{SHA}") {
            let parse = || parsed("{SHA}", Sha1Hash::parse(rest));
            return legacy(self.sha1, "legacy_sha1", parse);
        }
        if let Some(rest) = text.strip_prefix("{SSHA}") {
            let parse = || parsed("{SSHA}", Sha1Hash::parse_salted(rest));
            return legacy(self.salted_sha1, "legacy_salted_sha1", parse);
        }
        Err(unsupported(text))
    }
}

impl PasswordHash {
    /// Parses a PHC string, a PBKDF2 hash of passlib, or a hash of bcrypt, SHA-crypt, scrypt or yescrypt of crypt(3). Use [`HashFormats`] for other formats and limits.
    ///
    /// # Errors
    ///
    /// The format is another one, the hash is malformed, or a check would take more than two seconds or 256 MiB.
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        HashFormats::new().parse(text)
    }
}

/// Parses a weak legacy hash, if its format is allowed. `method` names the method that allows it.
fn legacy(
    is_allowed: bool,
    method: &str,
    parse: impl FnOnce() -> Result<Arc<dyn StoredHash>, ConfigError>,
) -> Result<Arc<dyn StoredHash>, ConfigError> {
    if is_allowed {
        return parse();
    }
    Err(ConfigError::new(format!(
        "weak legacy hash format: create a stronger hash, or allow the format with `HashFormats::{method}`"
    )))
}

fn parsed<S: StoredHash + 'static>(
    form: &str,
    hash: Option<S>,
) -> Result<Arc<dyn StoredHash>, ConfigError> {
    match hash {
        Some(stored) => Ok(Arc::new(stored)),
        None => Err(ConfigError::new(format!("malformed {form} hash"))),
    }
}

impl Default for HashFormats {
    fn default() -> Self {
        Self::new()
    }
}
