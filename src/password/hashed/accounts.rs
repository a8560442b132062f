//! A table of hashed passwords.

use std::sync::Arc;
use std::time::Duration;

use super::account::HashedAccount;
use super::store::HashStore;
use crate::config_error::ConfigError;
use crate::now_or_later::NowOrLater;
use crate::password::hash::PasswordHash;
use crate::password::one_account::check_name;
use crate::principal::Principal;
use crate::table::{NamedRecords, is_a_shared_table};
use crate::unavailable::Unavailable;

/// A table of accounts and the hashes of their passwords, in memory. A clone is the same table.
///
/// # Example
///
/// ```
/// use tower_challenge::password::HashedAccounts;
///
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// assert!(HashedAccounts::new([("ada", hash), ("grace", hash)]).is_ok());
/// assert!(HashedAccounts::new([("ada", hash), ("grace", "hopper")]).is_err(), "that is no hash");
/// ```
pub struct HashedAccounts<I = Principal>(Arc<HashedAccountsInner<I>>);

struct HashedAccountsInner<I> {
    accounts: NamedRecords<HashedAccount<I>>,
    decoy: PasswordHash,
    mixed: Option<ConfigError>,
}

impl HashedAccounts {
    /// A table of names and hashes. Each delivers a [`Principal`] with its name.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, is empty or holds a colon, or [`PasswordHash::parse`] cannot read a hash.
    pub fn new<N, H>(accounts: impl IntoIterator<Item = (N, H)>) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        H: AsRef<str>,
    {
        let accounts = accounts.into_iter().map(|(name, hash)| {
            let name = name.as_ref();
            let hash = PasswordHash::parse(hash.as_ref());
            let hash = hash.map_err(|error| ConfigError::new(format!("{name:?}: {error}")))?;
            Ok((
                name.to_owned(),
                HashedAccount::new(hash, Principal::new(name)),
            ))
        });
        Self::from_accounts(accounts.collect::<Result<Vec<_>, ConfigError>>()?)
    }
}

impl<I> HashedAccounts<I> {
    /// A table of names and accounts.
    ///
    /// # Errors
    ///
    /// There is none, a name appears twice, is empty or holds a colon, or a hash [could not be
    /// read](HashedAccount::is_broken).
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, HashedAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let accounts = NamedRecords::new("account", accounts, check)?;
        let hashes = || accounts.values().filter_map(HashedAccount::hash);
        let extremes = hashes().min_by_key(cost).zip(hashes().max_by_key(cost));
        let (cheapest, dearest) = extremes.ok_or_else(|| ConfigError::new("there is no hash"))?;
        Ok(Self(Arc::new(HashedAccountsInner {
            decoy: dearest.decoy(),
            mixed: mixed(cheapest, dearest),
            accounts,
        })))
    }

    /// That the table mixes hashes of different costs, and which, if it does: for an operator to know, who has the cheaper ones
    /// made anew.
    ///
    /// A name that nobody has costs what the dearest hash in the table costs. With bcrypt 5 and bcrypt 8 in one table, an
    /// account with bcrypt 5 is refused after 12 ms and an unknown name after 76 ms: a client can tell that the account exists.
    /// The text names no account.
    ///
    /// A file of accounts ([`htpasswd`](crate::password::htpasswd)) says the same by itself, whenever it is loaded.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::audit::{Audit, AuditNote};
    /// use tower_challenge::password::HashedAccounts;
    ///
    /// fn announce(accounts: &HashedAccounts, audit: &impl Audit) {
    ///     if let Some(mixed) = accounts.mixed_costs() {
    ///         audit.note(&AuditNote::new("accounts", Some(mixed)));
    ///     }
    /// }
    ///
    /// let five = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
    /// let four = "$2y$04$2CV/BG476iz5Zm2oZa.0i.M4dzfIjAAp5izu7MkY8QgU6qol8HZgq";
    /// assert!(HashedAccounts::new([("ada", five), ("grace", five)])?.mixed_costs().is_none());
    /// assert!(HashedAccounts::new([("ada", five), ("grace", four)])?.mixed_costs().is_some());
    /// # Ok::<(), tower_challenge::ConfigError>(())
    /// ```
    #[must_use]
    pub fn mixed_costs(&self) -> Option<&ConfigError> {
        self.0.mixed.as_ref()
    }

    /// How many accounts there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.accounts.len()
    }

    #[inline]
    pub(in crate::password) fn account(&self, user: &str) -> Option<&HashedAccount<I>> {
        self.0.accounts.get(user)
    }
}

/// What one check takes. Of several that take as long, the name of the algorithm decides.
fn cost(hash: &&PasswordHash) -> (Duration, u64, &'static str) {
    let (time, memory) = (hash.estimated_time(), hash.memory());
    (time, memory, hash.algorithm().name())
}

fn mixed(cheapest: &PasswordHash, dearest: &PasswordHash) -> Option<ConfigError> {
    let says = |hash: &PasswordHash| {
        let milliseconds = hash.estimated_time().as_micros() as f64 / 1000.0;
        format!("{} at about {milliseconds:.1} ms", hash.algorithm())
    };
    (cost(&cheapest) != cost(&dearest)).then(|| {
        ConfigError::new(format!(
            "its hashes differ in what they cost, from {} to {}, which tells cheap accounts from names that nobody has: \
             make the cheap ones anew",
            says(cheapest),
            says(dearest)
        ))
    })
}

fn check<I>(name: &str, account: &HashedAccount<I>) -> Result<(), ConfigError> {
    check_name(name)?;
    match account.is_broken() {
        true => Err(ConfigError::new(format!(
            "the hash of {name:?} cannot be read"
        ))),
        false => Ok(()),
    }
}

impl<I: Clone + Send + Sync + 'static> HashStore for HashedAccounts<I> {
    type Identity = I;

    #[inline]
    fn find(&self, user: &str) -> NowOrLater<Result<Option<HashedAccount<I>>, Unavailable>> {
        NowOrLater::now(Ok(self.account(user).cloned()))
    }

    fn decoy(&self) -> PasswordHash {
        self.0.decoy.clone()
    }
}

is_a_shared_table!(HashedAccounts.accounts);
