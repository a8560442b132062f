//! A table of accounts.

use std::collections::HashMap;
use std::fmt;

use super::VerifyPassword;
use super::one_account::check;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::principal::Principal;
use crate::secret::{Secret, SecretString, same};
use crate::unavailable::Unavailable;

/// A table of accounts and their passwords, in memory and in clear: for tests, tools and configuration files that hold
/// generated passwords. People's passwords belong in a slow hash.
///
/// # Example
///
/// ```
/// use tower_challenge::password::{Accounts, VerifyPassword};
/// use tower_challenge::{Principal, Secret};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let accounts = Accounts::new([("ada", "lovelace"), ("grace", "hopper")])?;
/// let verify = |user, password| accounts.verify(user, Secret::new(password)).try_now().unwrap().unwrap();
/// assert_eq!(verify("grace", "hopper"), Some(Principal::new("grace")));
/// assert_eq!(verify("grace", "lovelace"), None);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Accounts<I = Principal> {
    accounts: HashMap<String, (SecretString, I)>,
}

impl Accounts {
    /// A table of names and passwords. Each delivers a [`Principal`] with its name.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, or an account is not fit to be one, as for
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

impl<I> Accounts<I> {
    /// A table of names, passwords and the identities to deliver.
    ///
    /// # Errors
    ///
    /// As for [`new`](Accounts::new).
    pub fn with_identities<N, P>(
        accounts: impl IntoIterator<Item = (N, P, I)>,
    ) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: Into<SecretString>,
    {
        let mut table = HashMap::new();
        for (name, password, identity) in accounts {
            let (name, password) = (name.as_ref(), password.into());
            check(name, &password)?;
            if table
                .insert(name.to_owned(), (password, identity))
                .is_some()
            {
                return Err(ConfigError::new(format!("two accounts are named {name:?}")));
            }
        }
        if table.is_empty() {
            return Err(ConfigError::new("there is no account: nobody could log in"));
        }
        Ok(Self { accounts: table })
    }
}

impl<I: Clone + Send + Sync + 'static> VerifyPassword for Accounts<I> {
    type Identity = I;

    fn verify(
        &self,
        user: &str,
        password: Secret<'_>,
    ) -> NowOrLater<Result<Option<I>, Unavailable>> {
        let presented = password.expose().as_bytes();
        let account = self.accounts.get(user);
        // The unknown user costs what a known one costs: a comparison, with themselves.
        let expected = account.map_or(presented, |(it, _)| it.expose().as_bytes());
        let right = same(presented, expected);
        let identity = account.filter(|_| right).map(|(_, it)| it.clone());
        NowOrLater::now(Ok(identity))
    }
}

impl<I> fmt::Debug for Accounts<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Accounts")
            .field("len", &self.accounts.len())
            .finish_non_exhaustive()
    }
}
