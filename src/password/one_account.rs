//! A verifier with one fixed account.

use super::VerifyPassword;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::principal::Principal;
use crate::secret::{Secret, SecretString, same};
use crate::verified::{VerifiedNowOrLater, verification};

/// Verifies one account with one password.
///
/// Use it for a tool or a test. The password is in memory in clear text; the passwords of people belong in a slow hash.
///
/// # Example
///
/// ```
/// use tower_challenge::password::OneAccount;
///
/// assert!(OneAccount::new("ada", "lovelace").is_ok());
/// assert!(OneAccount::new("ada", "").is_err(), "an unset variable must not be a password");
/// assert!(OneAccount::new("ada", "lovelace\n").is_err(), "the line end of a file is no part of a password");
/// ```
#[derive(Clone)]
pub struct OneAccount {
    name: String,
    password: SecretString,
    identity: Principal,
}

impl OneAccount {
    /// Creates the verifier. A right password delivers a [`Principal`] with `name`.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, the name contains a colon, or one of the two contains a control character:
    /// Basic cannot carry these (RFC 7617 section 2).
    pub fn new(name: &str, password: impl Into<SecretString>) -> Result<Self, ConfigError> {
        let password = password.into();
        check(name, &password)?;
        Ok(Self {
            name: name.to_owned(),
            password,
            identity: Principal::new(name),
        })
    }

    /// Delivers `identity` in place of a [`Principal`] that has only the account's name. For example, it can carry
    /// scopes.
    #[must_use]
    pub fn with_identity(mut self, identity: Principal) -> Self {
        self.identity = identity;
        self
    }
}

/// Checks that an account has a password and a name that Basic can carry.
pub(super) fn check(name: &str, password: &SecretString) -> Result<(), ConfigError> {
    match password.expose() {
        "" => Err(incomplete()),
        text => check_text(name, text).and_then(|()| check_name(name)),
    }
}

/// Checks that Basic can carry `name`: it is not empty, and contains no colon and no control character.
pub(super) fn check_name(name: &str) -> Result<(), ConfigError> {
    if name.is_empty() {
        return Err(incomplete());
    }
    if name.contains(':') {
        return Err(ConfigError::new(
            "an account name must not contain a colon (RFC 7617 section 2)",
        ));
    }
    check_text(name, name)
}

/// Checks that `text`, the name or the password of the account `name`, has no control character. Basic refuses these (RFC
/// 7617 section 2). The most common one is the line end of a file that was read whole.
pub(crate) fn check_text(name: &str, text: &str) -> Result<(), ConfigError> {
    match text.bytes().any(|byte| byte.is_ascii_control()) {
        true => Err(ConfigError::new(format!(
            "the name or the password of {name:?} has a control character, such as a line end: trim the text that it \
             comes from"
        ))),
        false => Ok(()),
    }
}

fn incomplete() -> ConfigError {
    ConfigError::new("the name and the password of an account must not be empty")
}

impl VerifyPassword for OneAccount {
    type Identity = Principal;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        // Both are compared always, with `&` and not `&&`: the time must not tell a client that the name is right.
        let right = same(user.as_bytes(), self.name.as_bytes())
            & same(password.expose_bytes(), self.password.expose().as_bytes());
        verification(right.then(|| self.identity.clone()))
    }
}

shows! { impl[] OneAccount[] as self { name: self.name } }
