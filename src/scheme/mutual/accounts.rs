//! An account with its secrets, and a table of accounts in memory.

use std::fmt;
use std::sync::Arc;

use super::secret::{MutualSecret, check_user};
use super::space::MutualSpace;
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
/// use tower_challenge::scheme::mutual::{MutualAccount, MutualSecret};
///
/// let stored = "ada:notes:iso-kam3-ec-p256-sha256:016fbf109d7a265e28c70adf47902171ca8c13984360c4569582dc639f78ac45f9:https://example.com";
/// let (user, secret) = MutualSecret::parse_line(stored)?;
/// let account = MutualAccount::new(secret, Principal::new(&user));
/// assert_eq!(account.identity().name(), "ada");
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
pub struct MutualAccount<I = Principal>(Arc<StoredAccount<I>>);

#[derive(Clone)]
struct StoredAccount<I> {
    secrets: Vec<MutualSecret>,
    identity: I,
}

impl<I> MutualAccount<I> {
    /// Makes an account with a secret.
    #[must_use]
    pub fn new(secret: MutualSecret, identity: I) -> Self {
        Self(Arc::new(StoredAccount {
            secrets: vec![secret],
            identity,
        }))
    }

    /// Adds a secret for another protection space, for example for another algorithm. It replaces an earlier secret for the
    /// same space.
    #[must_use]
    pub fn with_secret(self, secret: MutualSecret) -> Self
    where
        I: Clone,
    {
        let mut account = Arc::unwrap_or_clone(self.0);
        account
            .secrets
            .retain(|known| known.space() != secret.space());
        account.secrets.push(secret);
        Self(Arc::new(account))
    }

    /// The identity of the account.
    #[must_use]
    pub fn identity(&self) -> &I {
        &self.0.identity
    }

    pub(super) fn secret(&self, space: &MutualSpace) -> Option<&MutualSecret> {
        let mut secrets = self.0.secrets.iter();
        secrets.find(|secret| secret.space() == space)
    }
}

clones! { impl[I] MutualAccount[I] { 0 } }

shows! { impl[I: fmt::Debug] MutualAccount[I] as self { identity: self.0.identity, secrets: self.0.secrets } }

/// A table of accounts in memory. It keeps secrets, not passwords. A clone shares the table.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::mutual::{MutualAccounts, MutualAlgorithm, MutualSpace};
///
/// let space = MutualSpace::new(MutualAlgorithm::P256, "https://example.com", "notes")?;
/// assert!(MutualAccounts::new(&space, [("ada", "lovelace"), ("grace", "hopper")]).is_ok());
/// assert!(MutualAccounts::new(&space, [("ada", "")]).is_err(), "an unset variable must not be a password");
///
/// let file = "# made by the operator\nada:notes:iso-kam3-ec-p256-sha256:016fbf109d7a265e28c70adf47902171ca8c13984360c4569582dc639f78ac45f9:https://example.com\n";
/// assert!(MutualAccounts::from_lines(file).is_ok());
/// # Ok::<(), tower_challenge::ConfigError>(())
/// ```
pub struct MutualAccounts<I = Principal>(Arc<NamedRecords<MutualAccount<I>>>);

impl MutualAccounts {
    /// Makes a table of names and passwords for one protection space. The identity of each account is a [`Principal`] with
    /// its name. It takes 10 to 50 milliseconds for each account.
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, a name or a password is empty, a password looks like a hash, a name or
    /// a password has a control character, or a name has more than 255 bytes.
    pub fn new<N, P>(
        space: &MutualSpace,
        accounts: impl IntoIterator<Item = (N, P)>,
    ) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        P: Into<SecretString>,
    {
        let advice = "Mutual needs the password, or a stored secret in a `MutualAccount`";
        let accounts = checked_accounts(accounts.into_iter(), advice)?.into_iter();
        let accounts = accounts.map(|(name, password)| {
            let name = name.as_ref();
            let secret = MutualSecret::from_password(space, name, password.as_secret())?;
            let identity = Principal::new(name);
            Ok((name.to_owned(), MutualAccount::new(secret, identity)))
        });
        Self::from_accounts(accounts.collect::<Result<Vec<_>, ConfigError>>()?)
    }
}

impl<I> MutualAccounts<I> {
    /// Makes a table of names and accounts.
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice or is empty, or a name has a control character or more than 255 bytes.
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, MutualAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let check = |name: &str, _: &MutualAccount<I>| match name {
            "" => Err(ConfigError::new("an account needs a name and a password")),
            _ => check_user(name),
        };
        let accounts = NamedRecords::new("account", accounts, check)?;
        Ok(Self(Arc::new(accounts)))
    }
}

is_a_shared_table!(MutualAccounts);

impl<I: Send + Sync + 'static> Lookup<str> for MutualAccounts<I> {
    type Record = MutualAccount<I>;

    fn lookup(&self, name: &str) -> NowOrLater<Result<Option<MutualAccount<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.0.get(name).cloned()))
    }
}
