//! Whose digest is compared with what.

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use super::algorithm::Algorithm;
use super::proof::Ha1;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::unavailable::Unavailable;

/// The secrets of one account in one realm, and the identity to deliver. A clone costs one counter.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::digest::{Algorithm, DigestAccount};
///
/// // `printf '%s' 'ada:files:lovelace' | md5sum`, as it stands in an htdigest file
/// let stored = DigestAccount::new("files", Principal::new("ada"))
///     .with_ha1(Algorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23");
/// assert!(stored.is_ok());
/// let short = DigestAccount::new("files", Principal::new("ada")).with_ha1(Algorithm::Md5, "ec6a8b");
/// assert!(short.is_err());
/// ```
pub struct DigestAccount<I = Principal>(Arc<Record<I>>);

struct Record<I> {
    realm: Box<str>,
    ha1s: Vec<Ha1>,
    identity: I,
}

impl<I> DigestAccount<I> {
    /// An account without a secret yet, which cannot log in.
    #[must_use]
    pub fn new(realm: &str, identity: I) -> Self {
        Self(Arc::new(Record {
            realm: realm.into(),
            ha1s: Vec::new(),
            identity,
        }))
    }

    /// An account with the secrets that follow from a password, one for every algorithm. From an empty one none does: an
    /// unset variable must not be a password.
    #[must_use]
    pub fn from_password(realm: &str, user: &str, password: Secret<'_>, identity: I) -> Self {
        let password = password.expose().as_bytes();
        let ha1 = |algorithm| Ha1::of(algorithm, user.as_bytes(), realm.as_bytes(), password);
        let algorithms = Algorithm::ALL.into_iter();
        let algorithms = algorithms.filter(|_| !password.is_empty());
        Self(Arc::new(Record {
            realm: realm.into(),
            ha1s: algorithms.map(ha1).collect(),
            identity,
        }))
    }

    /// Adds `H(user:realm:password)` in hexadecimal, as an `htdigest` file has it.
    ///
    /// # Errors
    ///
    /// It has not as many hexadecimal digits as the algorithm needs.
    pub fn with_ha1(self, algorithm: Algorithm, digits: &str) -> Result<Self, ConfigError>
    where
        I: Clone,
    {
        let ha1 = Ha1::from_hex(algorithm, digits).ok_or_else(|| {
            let digits = 2 * algorithm.hash_len();
            ConfigError::new(format!(
                "an HA1 of {algorithm} has {digits} hexadecimal digits"
            ))
        })?;
        let mut ha1s = self.0.ha1s.clone();
        ha1s.retain(|known| known.algorithm() != algorithm);
        ha1s.push(ha1);
        Ok(Self(Arc::new(Record {
            realm: self.0.realm.clone(),
            ha1s,
            identity: self.0.identity.clone(),
        })))
    }

    pub(super) fn is_of(&self, realm: &str) -> bool {
        *self.0.realm == *realm
    }

    pub(super) fn ha1(&self, algorithm: Algorithm) -> Option<&Ha1> {
        self.0.ha1s.iter().find(|ha1| ha1.algorithm() == algorithm)
    }

    pub(super) fn identity(&self) -> &I {
        &self.0.identity
    }
}

impl<I> Clone for DigestAccount<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I: fmt::Debug> fmt::Debug for DigestAccount<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestAccount")
            .field("realm", &self.0.realm)
            .field("identity", &self.0.identity)
            .finish_non_exhaustive()
    }
}

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
pub struct DigestAccounts<I = Principal>(Arc<HashMap<String, DigestAccount<I>>>);

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
            Ok((name.to_owned(), account))
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
        let mut table = HashMap::new();
        for (name, account) in accounts {
            if name.is_empty() {
                return Err(ConfigError::new("an account needs a name and a password"));
            }
            if account.0.ha1s.is_empty() {
                return Err(ConfigError::new(format!(
                    "the account {name:?} has no secret"
                )));
            }
            if table.contains_key(&name) {
                return Err(ConfigError::new(format!("two accounts are named {name:?}")));
            }
            table.insert(name, account);
        }
        if table.is_empty() {
            return Err(ConfigError::new("there is no account: nobody could log in"));
        }
        Ok(Self(Arc::new(table)))
    }
}

impl<I> Clone for DigestAccounts<I> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<I: Send + Sync + 'static> Lookup<str> for DigestAccounts<I> {
    type Record = DigestAccount<I>;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<DigestAccount<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.get(name).cloned()))
    }
}

impl<I> fmt::Debug for DigestAccounts<I> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DigestAccounts")
            .field("len", &self.0.len())
            .finish_non_exhaustive()
    }
}
