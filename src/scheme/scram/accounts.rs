//! An account with its secrets, and a table of accounts in memory.

use std::fmt;
use std::sync::Arc;

use super::mechanism::ScramMechanism;
use super::preparation::StringPreparation;
use super::secret::ScramSecret;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::password::{Lookup, checked_accounts};
use crate::principal::Principal;
use crate::secret::SecretString;
use crate::table::{NamedRecords, is_a_shared_table};
use crate::unavailable::Unavailable;

/// The secrets of one account, and the identity that an admitted client gets. A clone shares them.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::scram::{ScramAccount, ScramSecret};
///
/// // The password of a PostgreSQL role, from `pg_authid.rolpassword`:
/// let stored = "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=";
/// let account = ScramAccount::new(ScramSecret::parse(stored)?, Principal::new("user"));
/// assert_eq!(account.identity().name(), "user");
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
pub struct ScramAccount<I = Principal>(Arc<StoredAccount<I>>);

#[derive(Clone)]
struct StoredAccount<I> {
    secrets: Vec<ScramSecret>,
    identity: I,
}

impl<I> ScramAccount<I> {
    /// Makes an account with a secret.
    #[must_use]
    pub fn new(secret: ScramSecret, identity: I) -> Self {
        Self(Arc::new(StoredAccount {
            secrets: vec![secret],
            identity,
        }))
    }

    /// Adds a secret, for an account that two schemes with different mechanisms share. It replaces an earlier secret for
    /// the same mechanism.
    #[must_use]
    pub fn with_secret(self, secret: ScramSecret) -> Self
    where
        I: Clone,
    {
        let mut account = Arc::unwrap_or_clone(self.0);
        let mechanism = secret.mechanism();
        account
            .secrets
            .retain(|known| known.mechanism() != mechanism);
        account.secrets.push(secret);
        Self(Arc::new(account))
    }

    /// The identity of the account.
    #[must_use]
    pub fn identity(&self) -> &I {
        &self.0.identity
    }

    pub(super) fn secret(&self, mechanism: ScramMechanism) -> Option<&ScramSecret> {
        let mut secrets = self.0.secrets.iter();
        secrets.find(|secret| secret.mechanism() == mechanism)
    }
}

clones! { impl[I] ScramAccount[I] { 0 } }

shows! { impl[I: fmt::Debug] ScramAccount[I] as self { identity: self.0.identity, secrets: self.0.secrets } }

/// A table of accounts in memory. It keeps secrets, not passwords. A clone shares the table.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::scram::ScramAccounts;
///
/// assert!(ScramAccounts::new([("ada", "lovelace"), ("grace", "hopper")]).is_ok());
/// assert!(ScramAccounts::new([("ada", "")]).is_err(), "an unset variable must not be a password");
/// ```
pub struct ScramAccounts<I = Principal>(Arc<NamedRecords<ScramAccount<I>>>);

impl ScramAccounts {
    /// Makes a table of names and passwords, with secrets for `SCRAM-SHA-256`. The identity of each account is a
    /// [`Principal`] with its name.
    ///
    /// It computes a secret for each account, which takes some milliseconds each.
    ///
    /// Use it in one process alone, and set no [`fake_salt_key`](super::ScramBuilder::fake_salt_key). Each process makes
    /// new random salts. Two machines would therefore refuse the exchanges that began at the other one, as if the password
    /// were wrong. And a salt that changes with a restart would tell a client which names have an account. With several
    /// machines, or with `fake_salt_key`, store the secrets, and give them to [`from_accounts`](Self::from_accounts).
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, a name or a password is empty or not in printable ASCII, a password looks
    /// like a hash, such as `SCRAM-SHA-256$..`, or the system random number generator failed.
    pub fn new<N, P>(accounts: impl IntoIterator<Item = (N, P)>) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: AsRef<str>,
    {
        let owned = |(name, password): (N, P)| (name, SecretString::new(password.as_ref()));
        Self::of_passwords(accounts.into_iter().map(owned))
    }

    /// Makes the table of names and passwords, and refuses a password that looks like a hash.
    pub(super) fn of_passwords<N: AsRef<str>, P: Into<SecretString>>(
        accounts: impl Iterator<Item = (N, P)>,
    ) -> Result<Self, ConfigError> {
        let advice = "SCRAM needs the password, or a stored secret in a `ScramAccount`";
        let accounts = checked_accounts(accounts, advice)?.into_iter();
        let accounts = accounts.map(|(name, password)| {
            let ascii = StringPreparation::ascii();
            let password = password.as_secret();
            let secret = ScramSecret::from_password(ScramMechanism::Sha256, password, ascii)?;
            let name = ascii.user(name.as_ref()).ok_or_else(|| {
                ConfigError::new("the name of a SCRAM account is not in printable ASCII")
            })?;
            let identity = Principal::new(&name);
            Ok((name, ScramAccount::new(secret, identity)))
        });
        Self::from_accounts(accounts.collect::<Result<Vec<_>, ConfigError>>()?)
    }
}

impl<I> ScramAccounts<I> {
    /// Makes a table of names and accounts. The names must be [prepared](StringPreparation::user).
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, or a name is empty.
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, ScramAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let check = |name: &str, _: &ScramAccount<I>| match name {
            "" => Err(ConfigError::new("an account needs a name and a password")),
            _ => Ok(()),
        };
        let accounts = NamedRecords::new("account", accounts, check)?;
        Ok(Self(Arc::new(accounts)))
    }
}

is_a_shared_table!(ScramAccounts);

impl<I: Send + Sync + 'static> Lookup<str> for ScramAccounts<I> {
    type Record = ScramAccount<I>;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<ScramAccount<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.get(name).cloned()))
    }
}
