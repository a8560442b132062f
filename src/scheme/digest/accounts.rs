//! A table of accounts, in memory.

use std::collections::HashMap;
use std::sync::Arc;

use super::account::DigestAccount;
use super::algorithm::Algorithm;
use super::user_hash::UserHash;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::table::{Table, is_a_shared_table};
use crate::unavailable::Unavailable;

/// A table of accounts in one realm, in memory. The passwords themselves are not kept. A clone is the same table.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::digest::DigestAccounts;
///
/// assert!(DigestAccounts::new("files", [("ada", "lovelace"), ("grace", "hopper")]).is_ok());
/// assert!(DigestAccounts::new("files", [("ada", "")]).is_err(), "an unset variable must not be a password");
/// ```
pub struct DigestAccounts<I = Principal>(Arc<Inside<I>>);

struct Inside<I> {
    accounts: Table<DigestAccount<I>>,
    /// Which name each hash stands for, for every algorithm that the account has a secret for.
    names: HashMap<UserHash, String>,
}

impl DigestAccounts {
    /// A table of names and passwords. Each delivers a [`Principal`] with its name.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, or a name or a password is empty.
    pub fn new<N, P>(
        realm: &str,
        accounts: impl IntoIterator<Item = (N, P)>,
    ) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: AsRef<str>,
    {
        let accounts = accounts.into_iter().map(|(name, password)| {
            let (name, password) = (name.as_ref(), password.as_ref());
            if password.is_empty() {
                return Err(ConfigError::new("an account needs a name and a password"));
            }
            let identity = Principal::new(name);
            let password = Secret::new(password);
            let account = DigestAccount::from_password(realm, name, password, identity);
            Ok((name.to_string(), account))
        });
        Self::from_accounts(accounts.collect::<Result<Vec<_>, _>>()?)
    }
}

impl<I> DigestAccounts<I> {
    /// A table of names and accounts.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, a name is empty, or an account has no secret.
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, DigestAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let accounts = Table::new("account", accounts, check)?;
        let mut names = HashMap::new();
        for (name, account) in accounts.iter() {
            let hashes = account.algorithms();
            let hashes = hashes.map(|it| UserHash::of(it, name, account.realm()));
            names.extend(hashes.map(|hash| (hash, name.to_string())));
        }
        Ok(Self(Arc::new(Inside { accounts, names })))
    }

    /// The names of those who have no secret for `algorithm`, and could not answer its challenge.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Principal;
    /// use tower_challenge::scheme::digest::{Algorithm, DigestAccount, DigestAccounts};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let ada = DigestAccount::new("files", Principal::new("ada"))
    ///     .with_ha1(Algorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23")?;
    /// let accounts = DigestAccounts::from_accounts([("ada".to_owned(), ada)])?;
    /// assert!(accounts.without(Algorithm::Sha256).eq(["ada"]));
    /// assert_eq!(accounts.without(Algorithm::Md5).count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn without(&self, algorithm: Algorithm) -> impl Iterator<Item = &str> {
        let accounts = self.0.accounts.iter();
        accounts
            .filter(move |(_, account)| account.ha1(algorithm).is_none())
            .map(|(name, _)| &**name)
    }
}

fn check<I>(name: &str, account: &DigestAccount<I>) -> Result<(), ConfigError> {
    if name.is_empty() {
        return Err(ConfigError::new("an account needs a name and a password"));
    }
    match account.algorithms().next() {
        Some(_) => Ok(()),
        None => Err(ConfigError::new(format!(
            "the account {name:?} has no secret"
        ))),
    }
}

is_a_shared_table!(DigestAccounts.accounts);

impl<I: Send + Sync + 'static> Lookup<str> for DigestAccounts<I> {
    type Record = DigestAccount<I>;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<DigestAccount<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.accounts.get(name).cloned()))
    }
}

/// Which name a hash stands for: see [`DigestBuilder::userhash`](super::DigestBuilder::userhash).
impl<I: Send + Sync + 'static> Lookup<UserHash> for DigestAccounts<I> {
    type Record = String;

    fn lookup(&self, hash: &UserHash) -> NowOrLater<Result<Option<String>, Unavailable>> {
        NowOrLater::now(Ok(self.0.names.get(hash).cloned()))
    }
}
