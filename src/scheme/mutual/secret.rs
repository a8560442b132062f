//! The secret that a server keeps of a password, and how it is stored as a line of text.

use super::algorithm::MutualAlgorithm;
use super::encoding::{from_hex, hex};
use super::message::is_user;
use super::proof::{PasswordKey, Verifier};
use super::space::MutualSpace;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::secret::{Secret, SecretString};

/// The secret that a server keeps of a password: the number `J` (RFC 8120 section 12.2), with its protection space. The
/// password cannot be computed from it.
///
/// An attacker who steals it can try passwords against it, and can pose as the server. The attacker cannot log in with it.
///
/// It belongs to one user in one [`MutualSpace`]. If the user is renamed, make a new secret from the password.
///
/// # Example
///
/// ```
/// use tower_challenge::Secret;
/// use tower_challenge::scheme::mutual::{MutualAlgorithm, MutualSecret, MutualSpace};
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let space = MutualSpace::new(MutualAlgorithm::P256, "https://example.com", "notes")?;
/// let secret = MutualSecret::from_password(&space, "ada", Secret::new("lovelace"))?;
///
/// // A line for a file, in the manner of htdigest:
/// let line = secret.to_line("ada")?;
/// assert!(line.expose().starts_with("ada:notes:iso-kam3-ec-p256-sha256:"));
/// assert!(line.expose().ends_with(":https://example.com"));
/// let (user, read) = MutualSecret::parse_line(line.expose())?;
/// assert_eq!((&*user, read.space()), ("ada", &space));
/// assert!(MutualSecret::parse_line("ada:notes:lovelace").is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct MutualSecret {
    space: MutualSpace,
    verifier: Verifier,
}

impl MutualSecret {
    /// Makes the secret of a password.
    ///
    /// RFC 8120 section 9 has the client prepare a name and a password that are not ASCII: `password::precis::username` and
    /// `password::precis::password` (feature `precis`) do. Give the prepared ones.
    ///
    /// It takes 10 to 50 milliseconds, so an `async` function should call it on a thread for blocking work.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the name has a control character or more than 255 bytes. No client could log in
    /// with such a name.
    pub fn from_password(
        space: &MutualSpace,
        user: &str,
        password: Secret<'_>,
    ) -> Result<Self, ConfigError> {
        if user.is_empty() || password.expose().is_empty() {
            return Err(ConfigError::new("an account needs a name and a password"));
        }
        check_user(user)?;
        Ok(Self::from_verifier(
            space,
            PasswordKey::new(space, user, password).verifier(),
        ))
    }

    pub(super) fn from_verifier(space: &MutualSpace, verifier: Verifier) -> Self {
        Self {
            space: space.clone(),
            verifier,
        }
    }

    /// Writes the secret as a line `user:realm:algorithm:J:auth-scope`, with `J` in hexadecimal.
    ///
    /// # Errors
    ///
    /// The name or the realm contains a colon or a control character, which such a line cannot hold.
    pub fn to_line(&self, user: &str) -> Result<SecretString, ConfigError> {
        let realm = self.space.realm();
        let is_unfit = |text: &str| text.contains(|c: char| c == ':' || c.is_control());
        if is_unfit(user) || is_unfit(realm) || user.is_empty() {
            return Err(ConfigError::new(
                "a line for Mutual cannot hold an empty name, or a name or realm with a colon or a control character",
            ));
        }
        let j = SecretString::from(hex(self.verifier.as_bytes()));
        let (algorithm, scope) = (self.space.algorithm().name(), self.space.auth_scope());
        let parts = [
            user,
            ":",
            realm,
            ":",
            algorithm,
            ":",
            j.expose(),
            ":",
            scope,
        ];
        Ok(SecretString::from(parts.concat()))
    }

    /// Reads a line that [`to_line`](Self::to_line) has written. Returns the name of the user, too.
    ///
    /// # Errors
    ///
    /// The line has another form, `J` is no element of the group, or the name has a control character or more than 255 bytes.
    pub fn parse_line(line: &str) -> Result<(String, Self), ConfigError> {
        let read = Self::read_line(line).ok_or_else(|| {
            ConfigError::new(
                "invalid line for Mutual: it looks like `ada:notes:iso-kam3-ec-p256-sha256:01ab..:https://example.com`",
            )
        })?;
        check_user(&read.0)?;
        Ok(read)
    }

    fn read_line(line: &str) -> Option<(String, Self)> {
        let mut parts = line.splitn(5, ':');
        let mut next = || parts.next().filter(|part| !part.is_empty());
        let (user, realm, algorithm) = (next()?, next()?, next()?);
        let algorithm = MutualAlgorithm::from_name(algorithm)?;
        let j = from_hex(next()?.as_bytes())?;
        let space = MutualSpace::new(algorithm, next()?, realm).ok()?;
        let verifier = Verifier::from_bytes(algorithm, &j)?;
        Some((user.to_owned(), Self { space, verifier }))
    }

    /// The protection space.
    #[must_use]
    pub const fn space(&self) -> &MutualSpace {
        &self.space
    }

    pub(super) const fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// A hash of `J`. A session has it, so that a new password ends the session.
    pub(super) fn fingerprint(&self) -> [u8; FINGERPRINT] {
        let mut hash = blake3::Hasher::new();
        hash.update(b"tower-challenge Mutual")
            .update(self.verifier.as_bytes());
        let mut fingerprint = [0; FINGERPRINT];
        hash.finalize_xof().fill(&mut fingerprint);
        fingerprint
    }
}

/// Checks that a message can name the user.
pub(super) fn check_user(name: &str) -> Result<(), ConfigError> {
    is_user(name).then_some(()).ok_or_else(|| {
        ConfigError::new(
            "the name of a Mutual account has 1 to 255 bytes, and no control characters",
        )
    })
}

/// The length of a fingerprint, in bytes.
pub(super) const FINGERPRINT: usize = 16;

shows! { impl[] MutualSecret[] as self { space: self.space } }
