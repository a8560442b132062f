//! Who is compared with what: an account and its secrets, and a table of accounts in memory.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};

use super::algorithm::DigestAlgorithm;
use super::proof::Ha1;
use super::user_hash::UserHash;
use crate::config_error::ConfigError;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::store::ClaimHolder;
use crate::table::{NamedRecords, is_a_shared_table};
use crate::unavailable::Unavailable;

/// The secrets of one account in one realm, and the identity to deliver. A clone costs one counter.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccount};
///
/// // `printf '%s' 'ada:files:lovelace' | md5sum`, as it stands in an htdigest file
/// let stored = DigestAccount::new("files", Principal::new("ada"))
///     .with_ha1(DigestAlgorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23");
/// assert!(stored.is_ok());
/// let short = DigestAccount::new("files", Principal::new("ada")).with_ha1(DigestAlgorithm::Md5, "ec6a8b");
/// assert!(short.is_err());
/// ```
pub struct DigestAccount<I = Principal>(Arc<StoredAccount<I>>);

#[derive(Clone)]
struct StoredAccount<I> {
    realm: Box<str>,
    ha1s: Vec<Ha1>,
    /// Those of passwords that the account had before, the latest last.
    former: Vec<Ha1>,
    identity: I,
    /// By what the store of nonce counts knows the account, once it has logged in.
    holder: OnceLock<ClaimHolder>,
}

impl<I> DigestAccount<I> {
    /// An account without a secret yet, which cannot log in.
    #[must_use]
    pub fn new(realm: &str, identity: I) -> Self {
        Self::with_secrets(realm, Vec::new(), identity)
    }

    /// An account with the secrets that follow from a password, one for every algorithm. From an empty one none does: an
    /// unset variable must not be a password.
    #[must_use]
    pub fn from_password(realm: &str, user: &str, password: Secret<'_>, identity: I) -> Self {
        let ha1s = secrets_of(realm, user, password).collect();
        Self::with_secrets(realm, ha1s, identity)
    }

    fn with_secrets(realm: &str, ha1s: Vec<Ha1>, identity: I) -> Self {
        Self(Arc::new(StoredAccount {
            realm: realm.into(),
            ha1s,
            former: Vec::new(),
            identity,
            holder: OnceLock::new(),
        }))
    }

    /// Adds `H(user:realm:password)` in hexadecimal, as an `htdigest` file has it.
    ///
    /// # Errors
    ///
    /// It has not as many hexadecimal digits as the algorithm needs.
    pub fn with_ha1(self, algorithm: DigestAlgorithm, digits: &str) -> Result<Self, ConfigError>
    where
        I: Clone,
    {
        let ha1 = Ha1::from_hex(algorithm, digits).ok_or_else(|| {
            let digits = 2 * algorithm.hash_len();
            ConfigError::new(format!(
                "an HA1 of {algorithm} has {digits} hexadecimal digits"
            ))
        })?;
        Ok(self.change(|record| {
            record.ha1s.retain(|known| known.algorithm() != algorithm);
            record.ha1s.push(ha1);
        }))
    }

    /// Adds a password that the account had before. A proof of it is refused like that of a wrong password, and a
    /// [throttle](crate::throttle) gives the attempt back.
    ///
    /// Call it when a password changes: a device that still sends the old one then shuts its owner out no more than Active
    /// Directory lets it. The two latest former passwords count.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::scheme::digest::DigestAccount;
    /// use tower_challenge::{Principal, Secret};
    ///
    /// let account = DigestAccount::from_password("files", "ada", Secret::new("new"), Principal::new("ada"))
    ///     .with_former_password("ada", Secret::new("lovelace"));
    /// # let _ = account;
    /// ```
    #[must_use]
    pub fn with_former_password(self, user: &str, password: Secret<'_>) -> Self
    where
        I: Clone,
    {
        let former = secrets_of(&self.0.realm, user, password).collect::<Vec<_>>();
        self.change(|record| record.former.extend(former))
    }

    fn change(self, change: impl FnOnce(&mut StoredAccount<I>)) -> Self
    where
        I: Clone,
    {
        let mut record = Arc::unwrap_or_clone(self.0);
        // Another secret is another number.
        record.holder = OnceLock::new();
        change(&mut record);
        Self(Arc::new(record))
    }

    /// Which algorithms it has a secret for.
    pub fn algorithms(&self) -> impl Iterator<Item = DigestAlgorithm> + '_ {
        self.0.ha1s.iter().map(Ha1::algorithm)
    }

    pub(super) fn realm(&self) -> &str {
        &self.0.realm
    }

    pub(super) fn is_of(&self, realm: &str) -> bool {
        *self.0.realm == *realm
    }

    pub(super) fn ha1(&self, algorithm: DigestAlgorithm) -> Option<&Ha1> {
        self.0.ha1s.iter().find(|ha1| ha1.algorithm() == algorithm)
    }

    /// The secret of a password that the account had before: the latest is number 0.
    pub(super) fn former(&self, algorithm: DigestAlgorithm, number: usize) -> Option<&Ha1> {
        let former = self.0.former.iter().rev();
        former
            .filter(|ha1| ha1.algorithm() == algorithm)
            .nth(number)
    }

    /// By what the store of nonce counts knows the account: a keyed hash of its first secret, so that an account has one
    /// number under every spelling and hash of its name.
    pub(super) fn holder(&self, of_secret: impl FnOnce(&[u8]) -> ClaimHolder) -> ClaimHolder {
        let secret = || self.0.ha1s.first().map_or(&[][..], Ha1::octets);
        *self.0.holder.get_or_init(|| of_secret(secret()))
    }

    pub(super) fn identity(&self) -> &I {
        &self.0.identity
    }
}

/// The secrets that follow from a password; none from an empty one.
fn secrets_of(realm: &str, user: &str, password: Secret<'_>) -> impl Iterator<Item = Ha1> {
    let password = password.expose().as_bytes();
    let ha1 = move |algorithm| Ha1::of(algorithm, user.as_bytes(), realm.as_bytes(), password);
    let algorithms = DigestAlgorithm::ALL.into_iter();
    algorithms.filter(|_| !password.is_empty()).map(ha1)
}

clones! { impl[I] DigestAccount[I] { 0 } }

shows! { impl[I: fmt::Debug] DigestAccount[I] as self { realm: self.0.realm, identity: self.0.identity } }

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
pub struct DigestAccounts<I = Principal>(Arc<AccountsInner<I>>);

struct AccountsInner<I> {
    accounts: NamedRecords<DigestAccount<I>>,
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
        let accounts = NamedRecords::new("account", accounts, check)?;
        let mut names = HashMap::new();
        for (name, account) in accounts.iter() {
            let hashes = account.algorithms();
            let hashes = hashes.map(|it| UserHash::of(it, name, account.realm()));
            names.extend(hashes.map(|hash| (hash, name.to_string())));
        }
        Ok(Self(Arc::new(AccountsInner { accounts, names })))
    }

    /// The names of those who have no secret for `algorithm`, and could not answer its challenge.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Principal;
    /// use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccount, DigestAccounts};
    ///
    /// # fn main() -> Result<(), tower_challenge::ConfigError> {
    /// let ada = DigestAccount::new("files", Principal::new("ada"))
    ///     .with_ha1(DigestAlgorithm::Md5, "ec6a8bd4f8d5cb4d66d4bc16bfbf5a23")?;
    /// let accounts = DigestAccounts::from_accounts([("ada".to_owned(), ada)])?;
    /// assert!(accounts.without(DigestAlgorithm::Sha256).eq(["ada"]));
    /// assert_eq!(accounts.without(DigestAlgorithm::Md5).count(), 0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn without(&self, algorithm: DigestAlgorithm) -> impl Iterator<Item = &str> {
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
