//! The secret that a server keeps of a password, and how it is stored as text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::mechanism::ScramMechanism;
use super::preparation::StringPreparation;
use super::proof::ScramKey;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::random::random;
use crate::secret::{Secret, SecretString};

/// The fewest iterations of PBKDF2 that a secret may have (RFC 7804 section 5). It is also the number that PostgreSQL and
/// other servers use by default.
pub const MIN_ITERATIONS: u32 = 4096;

/// The length of the salts that [`ScramSecret::from_password`] makes, in bytes.
pub(super) const SALT: usize = 16;

/// The longest salt that is accepted, in bytes. The server sends it in a header field.
const MAX_SALT: usize = 255;

/// The secret that a server keeps of a password: the salt, the number of iterations, and two keys. The password cannot be
/// computed from it.
///
/// An attacker who steals it can try passwords against it, and can pose as the server. The attacker cannot log in with it,
/// unless the attacker also sees a login.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::scram::{ScramMechanism, ScramSecret, StringPreparation};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let (password, ascii) = (Secret::new("lovelace"), StringPreparation::ascii());
/// let secret = ScramSecret::from_password(ScramMechanism::Sha256, password, ascii)?;
///
/// // For the database, in the form in which PostgreSQL keeps passwords:
/// let text = secret.to_text();
/// assert!(text.expose().starts_with("SCRAM-SHA-256$4096:"));
/// assert!(ScramSecret::parse(text.expose()).is_ok());
/// assert!(ScramSecret::parse("lovelace").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct ScramSecret {
    salt: Box<[u8]>,
    iterations: u32,
    stored_key: ScramKey,
    server_key: ScramKey,
}

impl ScramSecret {
    /// Makes the secret of a password, with 4,096 iterations and a random salt of 16 bytes. `preparation` prepares the
    /// password.
    ///
    /// It takes some milliseconds, so an `async` function should call it on a thread for blocking work.
    ///
    /// # Errors
    ///
    /// The password is empty, the preparation does not allow it, or the system random number generator failed.
    pub fn from_password(
        mechanism: ScramMechanism,
        password: Secret<'_>,
        preparation: StringPreparation,
    ) -> Result<Self, ConfigError> {
        let prepared = preparation.password(password).ok_or_else(|| {
            ConfigError::new("the password has a character that the string preparation refuses")
        })?;
        let salt = random()?;
        Self::derive(
            mechanism,
            prepared.as_secret(),
            &salt[..SALT],
            MIN_ITERATIONS,
        )
    }

    /// Makes the secret of a [prepared](StringPreparation::password) password with this salt and this number of
    /// iterations. The salt must be random, and each account needs its own.
    ///
    /// # Errors
    ///
    /// The password is empty, the salt is empty or longer than 255 bytes, or there are fewer than 4,096 iterations.
    pub fn derive(
        mechanism: ScramMechanism,
        password: Secret<'_>,
        salt: &[u8],
        iterations: u32,
    ) -> Result<Self, ConfigError> {
        if password.expose().is_empty() {
            return Err(ConfigError::new("an account needs a name and a password"));
        }
        check(salt, iterations)?;
        let salted = ScramKey::salted_password(mechanism, password, salt, iterations);
        let (stored_key, server_key) = (salted.client_key().stored_key(), salted.server_key());
        Self::from_keys(salt, iterations, stored_key, server_key)
    }

    /// Makes a secret of its parts.
    ///
    /// # Errors
    ///
    /// The keys are of different mechanisms, the salt is empty or longer than 255 bytes, or there are fewer than 4,096
    /// iterations.
    pub fn from_keys(
        salt: &[u8],
        iterations: u32,
        stored_key: ScramKey,
        server_key: ScramKey,
    ) -> Result<Self, ConfigError> {
        check(salt, iterations)?;
        if stored_key.mechanism() != server_key.mechanism() {
            return Err(ConfigError::new(
                "the stored key and the server key are of different mechanisms",
            ));
        }
        Ok(Self::of_checked(salt, iterations, stored_key, server_key))
    }

    pub(super) fn of_checked(
        salt: &[u8],
        iterations: u32,
        stored_key: ScramKey,
        server_key: ScramKey,
    ) -> Self {
        Self {
            salt: salt.into(),
            iterations,
            stored_key,
            server_key,
        }
    }

    /// Parses the form in which PostgreSQL keeps passwords: `SCRAM-SHA-256$<iterations>:<salt>$<StoredKey>:<ServerKey>`,
    /// with the salt and the keys in base64. The name `SCRAM-SHA-1` is accepted, too.
    ///
    /// # Errors
    ///
    /// The text has another form, or a part is out of bounds: see [`from_keys`](Self::from_keys).
    pub fn parse(text: &str) -> Result<Self, ConfigError> {
        let invalid = || {
            ConfigError::new(
                "invalid SCRAM secret: it looks like `SCRAM-SHA-256$4096:salt$StoredKey:ServerKey`",
            )
        };
        let parts = TextParts::read(text).ok_or_else(invalid)?;
        Self::from_keys(
            &parts.salt,
            parts.iterations,
            parts.stored_key,
            parts.server_key,
        )
    }

    /// Writes the secret as text: see [`parse`](Self::parse).
    #[must_use]
    pub fn to_text(&self) -> SecretString {
        let base64 = |bytes: &[u8]| Zeroizing::new(STANDARD.encode(bytes));
        let stored_key = base64(self.stored_key.as_bytes());
        let server_key = base64(self.server_key.as_bytes());
        let public = format!("{}${}:", self.mechanism(), self.iterations);
        let salt = base64(&self.salt);
        // `concat` allocates once, so it leaves no part of a key in memory that has grown.
        let text = [&*public, &salt, "$", &stored_key, ":", &server_key].concat();
        SecretString::from(text)
    }

    /// The mechanism.
    #[must_use]
    pub const fn mechanism(&self) -> ScramMechanism {
        self.stored_key.mechanism()
    }

    /// The salt, which the server sends to each client that names the account.
    #[must_use]
    pub const fn salt(&self) -> &[u8] {
        &self.salt
    }

    /// The number of iterations, which the server sends as well.
    #[must_use]
    pub const fn iterations(&self) -> u32 {
        self.iterations
    }

    pub(super) const fn stored_key(&self) -> &ScramKey {
        &self.stored_key
    }

    pub(super) const fn server_key(&self) -> &ScramKey {
        &self.server_key
    }
}

shows! { impl[] ScramSecret[] as self { mechanism: self.mechanism(), iterations: self.iterations } }

/// The parts of a secret in the form of PostgreSQL.
struct TextParts {
    salt: Vec<u8>,
    iterations: u32,
    stored_key: ScramKey,
    server_key: ScramKey,
}

impl TextParts {
    fn read(text: &str) -> Option<Self> {
        let mut parts = text.split('$');
        let mechanism = ScramMechanism::from_name(parts.next()?)?;
        let (iterations, salt) = parts.next()?.split_once(':')?;
        let (stored_key, server_key) = parts.next()?.split_once(':')?;
        let base64 = |text: &str| STANDARD.decode(text).ok();
        let key = |text: &str| ScramKey::from_bytes(mechanism, &Zeroizing::new(base64(text)?));
        let read = Self {
            salt: base64(salt)?,
            iterations: iterations.parse().ok()?,
            stored_key: key(stored_key)?,
            server_key: key(server_key)?,
        };
        parts.next().is_none().then_some(read)
    }
}

fn check(salt: &[u8], iterations: u32) -> Result<(), ConfigError> {
    check_iterations(iterations)?;
    match salt.len() {
        1..=MAX_SALT => Ok(()),
        _ => Err(ConfigError::new(
            "invalid salt for SCRAM: use 16 random bytes, and at most 255",
        )),
    }
}

pub(super) fn check_iterations(iterations: u32) -> Result<(), ConfigError> {
    match iterations {
        MIN_ITERATIONS.. => Ok(()),
        _ => Err(ConfigError::new(
            "too few iterations for SCRAM: RFC 7804 needs at least 4096",
        )),
    }
}
