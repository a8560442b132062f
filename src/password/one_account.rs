//! One fixed account.

use super::VerifyPassword;
use crate::config_error::ConfigError;
use crate::derives::shows;
use crate::principal::Principal;
use crate::secret::{Secret, SecretString, same};
use crate::verified::{VerifiedNowOrLater, verification};

/// One account with one password, for a tool or a test.
///
/// # Example
///
/// ```
/// use tower_challenge::password::OneAccount;
///
/// assert!(OneAccount::new("ada", "lovelace").is_ok());
/// assert!(OneAccount::new("ada", "").is_err(), "an unset variable must not be a password");
/// ```
#[derive(Clone)]
pub struct OneAccount {
    name: String,
    password: SecretString,
    identity: Principal,
}

impl OneAccount {
    /// The account of `name`.
    ///
    /// # Errors
    ///
    /// The name or the password is empty, or the name holds a colon, which Basic cannot carry.
    pub fn new(name: &str, password: impl Into<SecretString>) -> Result<Self, ConfigError> {
        let password = password.into();
        check(name, &password)?;
        Ok(Self {
            name: name.to_owned(),
            password,
            identity: Principal::new(name),
        })
    }

    /// Delivers `identity` in place of a [`Principal`] with the account's name alone.
    #[must_use]
    pub fn with_identity(mut self, identity: Principal) -> Self {
        self.identity = identity;
        self
    }
}

/// What no account can do without.
pub(super) fn check(name: &str, password: &SecretString) -> Result<(), ConfigError> {
    match password.expose() {
        "" => Err(incomplete()),
        _ => check_name(name),
    }
}

/// What Basic can carry as a name.
pub(super) fn check_name(name: &str) -> Result<(), ConfigError> {
    if name.is_empty() {
        return Err(incomplete());
    }
    if name.contains(':') {
        return Err(ConfigError::new(
            "a name cannot hold a colon (RFC 7617 section 2)",
        ));
    }
    Ok(())
}

fn incomplete() -> ConfigError {
    ConfigError::new("an account needs a name and a password")
}

impl VerifyPassword for OneAccount {
    type Identity = Principal;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<Principal> {
        // Both, always: who knows the name must not hear sooner.
        let right = same(user.as_bytes(), self.name.as_bytes())
            & same(
                password.expose().as_bytes(),
                self.password.expose().as_bytes(),
            );
        verification(right.then(|| self.identity.clone()))
    }
}

shows! { impl[] OneAccount[] as self { name: self.name } }
