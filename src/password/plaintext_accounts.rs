//! A verifier with a table of accounts and plaintext passwords.

use std::sync::Arc;

use super::VerifyPassword;
use super::one_account::check;
use crate::config_error::ConfigError;
use crate::principal::Principal;
use crate::secret::{Secret, SecretString, same};
use crate::table::{NamedRecords, is_a_shared_table};
use crate::verified::{VerifiedNowOrLater, verification};

/// Verifies passwords against a table of accounts in memory. The passwords are in clear text.
///
/// Use it for tests, for tools, and for generated passwords in a configuration file. The passwords of people belong in
/// a slow hash: see `HashedAccounts` (feature `hashes`). A clone shares the table.
///
/// # Example
///
/// ```
/// use tower_challenge::password::{PlaintextAccounts, VerifyPassword};
/// use tower_challenge::{Principal, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = PlaintextAccounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
/// let verify = |user, password| accounts.verify(user, Secret::new(password)).try_now().unwrap().unwrap();
/// assert_eq!(verify("grace", "hopper"), Ok(Principal::new("grace")));
/// assert!(verify("grace", "lovelace").is_err());
/// # Ok(())
/// # }
/// ```
pub struct PlaintextAccounts<I = Principal>(Arc<NamedRecords<(SecretString, I)>>);

impl PlaintextAccounts {
    /// Builds a table of names and passwords. Each account delivers a [`Principal`] with its name.
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, or Basic cannot carry a name or a password, as for
    /// [`OneAccount::new`](super::OneAccount::new).
    pub fn new<N, P>(accounts: impl IntoIterator<Item = (N, P)>) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: Into<SecretString>,
    {
        Self::with_identities(accounts.into_iter().map(|(name, password)| {
            let identity = Principal::new(name.as_ref());
            (name, password, identity)
        }))
    }
}

impl<I> PlaintextAccounts<I> {
    /// Builds a table of names, passwords and the identities to deliver.
    ///
    /// # Errors
    ///
    /// As for [`new`](PlaintextAccounts::new).
    pub fn with_identities<N, P>(
        accounts: impl IntoIterator<Item = (N, P, I)>,
    ) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: Into<SecretString>,
    {
        let accounts = accounts.into_iter().map(|(name, password, identity)| {
            let record = (password.into(), identity);
            (name.as_ref().to_owned(), record)
        });
        let check = |name: &str, (password, _): &(SecretString, I)| check(name, password);
        let accounts = NamedRecords::new("account", accounts, check)?;
        Ok(Self(Arc::new(accounts)))
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyPassword for PlaintextAccounts<I> {
    type Identity = I;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<I> {
        let presented = password.expose_bytes();
        let account = self.0.get(user);
        // For an unknown user, the password is compared with itself, so that the time does not tell whether the user
        // exists. The result is dropped: there is no account to admit.
        let expected = account.map_or(presented, |(password, _)| password.expose().as_bytes());
        let right = same(presented, expected);
        let identity = account
            .filter(|_| right)
            .map(|(_, identity)| identity.clone());
        verification(identity)
    }
}

is_a_shared_table!(PlaintextAccounts);
