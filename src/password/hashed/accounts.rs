//! A table of accounts with hashed passwords.

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

/// A table of accounts and the hashes of their passwords, in memory. A clone shares the table.
///
/// Give it to [`HashedPasswords`](super::HashedPasswords), which verifies against it.
///
/// # Example
///
/// ```
/// use tower_challenge::password::HashedAccounts;
///
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// assert!(HashedAccounts::new([("ada", hash), ("grace", hash)]).is_ok());
/// assert!(HashedAccounts::new([("ada", hash), ("grace", "hopper")]).is_err(), "a plaintext password is not a hash");
/// ```
pub struct HashedAccounts<I = Principal>(Arc<HashedAccountsInner<I>>);

struct HashedAccountsInner<I> {
    accounts: NamedRecords<HashedAccount<I>>,
    decoy: PasswordHash,
    mixed_costs: Option<ConfigError>,
}

impl HashedAccounts {
    /// Builds a table of names and hashes. Each account delivers a [`Principal`] with its name.
    ///
    /// # Errors
    ///
    /// There is no account; a name appears twice, is empty, or contains a colon or a control character; or
    /// [`PasswordHash::parse`] does not read a hash.
    pub fn new<N, H>(accounts: impl IntoIterator<Item = (N, H)>) -> Result<Self, ConfigError>
    where
        N: AsRef<str>,
        H: AsRef<str>,
    {
        let accounts = accounts.into_iter().map(|(name, hash)| {
            let name = name.as_ref();
            let hash = PasswordHash::parse(hash.as_ref());
            let hash =
                hash.map_err(|error| ConfigError::new(format!("account {name:?}: {error}")))?;
            Ok((
                name.to_owned(),
                HashedAccount::new(hash, Principal::new(name)),
            ))
        });
        Self::from_accounts(accounts.collect::<Result<Vec<_>, ConfigError>>()?)
    }
}

impl<I> HashedAccounts<I> {
    /// Builds a table of names and accounts.
    ///
    /// An account whose hash [could not be read](HashedAccount::is_broken) is refused at every login, at the cost of a
    /// hash, and the other accounts can be used. Show [`broken_accounts`](Self::broken_accounts) to an operator.
    ///
    /// # Errors
    ///
    /// No account has a readable hash; or a name appears twice, is empty, or contains a colon or a control character.
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, HashedAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let accounts = NamedRecords::new("account", accounts, |name, _| check_name(name))?;
        let hashes = || accounts.values().filter_map(HashedAccount::hash);
        let extremes = hashes().min_by_key(cost).zip(hashes().max_by_key(cost));
        let (cheapest, most_costly) =
            extremes.ok_or_else(|| ConfigError::new("no account has a readable password hash"))?;
        Ok(Self(Arc::new(HashedAccountsInner {
            decoy: most_costly.decoy(),
            mixed_costs: mixed_costs(cheapest, most_costly),
            accounts,
        })))
    }

    /// Returns a warning if the hashes of the table have different costs, and `None` if they all cost the same.
    ///
    /// Show the warning to an operator, who should have the cheaper hashes replaced: the time of a response tells a
    /// client that an account with a cheap hash exists. For an unknown name, the verifier computes a decoy that costs
    /// as much as the most costly hash in the table. For example, with bcrypt 5 and bcrypt 8 in one table, an account
    /// with bcrypt 5 is refused after 12 ms and an unknown name after 76 ms.
    ///
    /// The warning names the cheapest and the most costly algorithm, and no account.
    ///
    /// A file of accounts ([`htpasswd`](crate::password::htpasswd)) reports the same warning whenever it is loaded: see
    /// [`ReloadEvent::LoadedWith`](crate::password::ReloadEvent::LoadedWith).
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::audit::{Audit, MaintenanceNote};
    /// use tower_challenge::password::HashedAccounts;
    ///
    /// fn announce(accounts: &HashedAccounts, audit: &impl Audit) {
    ///     if let Some(mixed) = accounts.mixed_costs() {
    ///         audit.note(&MaintenanceNote::new("accounts", Some(mixed)));
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
        self.0.mixed_costs.as_ref()
    }

    /// Lists the names of the accounts whose hash [could not be read](HashedAccount::is_broken), in no particular order.
    ///
    /// Show them to an operator when the table is built: these users cannot log in.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Principal;
    /// use tower_challenge::password::hash::HashFormats;
    /// use tower_challenge::password::{HashedAccount, HashedAccounts};
    ///
    /// let row = |name: &str, hash: &str| {
    ///     let account = HashedAccount::from_stored(&HashFormats::new(), hash, Principal::new(name));
    ///     (name.to_owned(), account)
    /// };
    /// let ada = row("ada", "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy");
    /// let accounts = HashedAccounts::from_accounts([ada, row("grace", "$2y$05$minCJPNM")])?;
    /// assert!(accounts.broken_accounts().eq(["grace"]));
    /// assert!(HashedAccounts::from_accounts([row("grace", "!")]).is_err(), "no account can be used");
    /// # Ok::<(), tower_challenge::ConfigError>(())
    /// ```
    pub fn broken_accounts(&self) -> impl Iterator<Item = &str> {
        let accounts = self.0.accounts.iter();
        accounts
            .filter(|(_, account)| account.is_broken())
            .map(|(name, _)| &**name)
    }

    /// How many accounts there are, with the [broken](Self::broken_accounts) ones.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.accounts.len()
    }

    #[inline]
    pub(in crate::password) fn account(&self, user: &str) -> Option<&HashedAccount<I>> {
        self.0.accounts.get(user)
    }
}

/// The cost of one check, as a key to sort by. The name of the algorithm is in it because two algorithms with the same
/// estimate still differ in their real time.
fn cost(hash: &&PasswordHash) -> (Duration, u64, &'static str) {
    let (time, memory) = (hash.estimated_time(), hash.memory());
    (time, memory, hash.algorithm().name())
}

fn mixed_costs(cheapest: &PasswordHash, most_costly: &PasswordHash) -> Option<ConfigError> {
    let describe = |hash: &PasswordHash| {
        let milliseconds = hash.estimated_time().as_micros() as f64 / 1000.0;
        format!("{} at about {milliseconds:.1} ms", hash.algorithm())
    };
    (cost(&cheapest) != cost(&most_costly)).then(|| {
        ConfigError::new(format!(
            "the password hashes have different costs, from {} to {}: response times tell which accounts exist; \
             replace the cheaper hashes",
            describe(cheapest),
            describe(most_costly)
        ))
    })
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
