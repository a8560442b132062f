//! An account with its password hashes, and a table of accounts in memory.

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
use crate::password::check_text;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::store::ClaimHolder;
use crate::table::{NamedRecords, is_a_shared_table};
use crate::unavailable::Unavailable;

/// The password hashes (HA1) of one account in one realm, and the identity that an admitted client gets. A clone shares
/// them and copies no hash.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::digest::{DigestAlgorithm, DigestAccount};
///
/// // The output of `printf '%s' 'ada:files:lovelace' | md5sum`, which is also what htdigest writes:
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
    /// The hashes of passwords that the account had before, the latest last.
    former: Vec<Ha1>,
    identity: I,
    /// The number under which the store of nonce counts knows the account; computed at its first login.
    holder: OnceLock<ClaimHolder>,
}

impl<I> DigestAccount<I> {
    /// Makes an account without a hash. Its owner cannot log in until [`with_ha1`](Self::with_ha1) adds one.
    #[must_use]
    pub fn new(realm: &str, identity: I) -> Self {
        Self::with_secrets(realm, Vec::new(), identity)
    }

    /// Makes an account with the hashes of a password, one for every algorithm. The password itself is not kept.
    ///
    /// An empty password yields no hash, so that a login with an unset variable is never possible.
    ///
    /// `realm` must be the realm of the scheme, and `user` the name under which the account is in the table, because each
    /// hash covers both. With another realm, each right password gets `401`, and the audit has the code
    /// `digest_account_of_another_realm`. With another name, the code is `digest_wrong`.
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

    /// Adds a hash, `H(user:realm:password)` in hexadecimal digits, as an `htdigest` file has it. It replaces an
    /// earlier hash for the same algorithm.
    ///
    /// Make an account once and keep it, for example in the cache of a look-up. For SHA-256 it hashes the digits here, so
    /// that no request has to. A look-up that makes the account anew for each request pays for that each time.
    ///
    /// # Errors
    ///
    /// The text does not have as many hexadecimal digits as the algorithm needs: 32 for MD5, 64 for the others.
    pub fn with_ha1(self, algorithm: DigestAlgorithm, digits: &str) -> Result<Self, ConfigError>
    where
        I: Clone,
    {
        let ha1 = Ha1::from_hex(algorithm, digits).ok_or_else(|| {
            let digits = 2 * algorithm.hash_len();
            ConfigError::new(format!(
                "invalid HA1: {algorithm} needs {digits} hexadecimal digits"
            ))
        })?;
        Ok(self.change(|record| {
            record.ha1s.retain(|known| known.algorithm() != algorithm);
            record.ha1s.push(ha1);
        }))
    }

    /// Adds a password that the account had before. A client that proves it is refused as with a wrong password, but a
    /// [throttle](crate::throttle) returns the attempt.
    ///
    /// Call it when a password changes. Otherwise a device that still sends the old password uses up its owner's
    /// attempts. Active Directory treats former passwords in the same way. The two latest former passwords count;
    /// earlier ones are treated as wrong passwords.
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
        // The number of the account is made from its first hash, which may change here.
        record.holder = OnceLock::new();
        change(&mut record);
        Self(Arc::new(record))
    }

    /// The algorithms that the account has a hash for.
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

    /// The hash of a former password; number 0 is the latest.
    pub(super) fn former(&self, algorithm: DigestAlgorithm, number: usize) -> Option<&Ha1> {
        let former = self.0.former.iter().rev();
        former
            .filter(|ha1| ha1.algorithm() == algorithm)
            .nth(number)
    }

    /// The number under which the store of nonce counts knows the account: a keyed hash of its first HA1. An account
    /// thus has one number, no matter how a client spells its name or which user hash it sends.
    pub(super) fn holder(&self, of_secret: impl FnOnce(&[u8]) -> ClaimHolder) -> ClaimHolder {
        let secret = || self.0.ha1s.first().map_or(&[][..], Ha1::bytes);
        *self.0.holder.get_or_init(|| of_secret(secret()))
    }

    pub(super) fn identity(&self) -> &I {
        &self.0.identity
    }
}

/// The hashes of a password, one for every algorithm. An empty password has none.
fn secrets_of(realm: &str, user: &str, password: Secret<'_>) -> impl Iterator<Item = Ha1> {
    let password = password.expose().as_bytes();
    let ha1 = move |algorithm| Ha1::of(algorithm, user.as_bytes(), realm.as_bytes(), password);
    let algorithms = DigestAlgorithm::ALL.into_iter();
    algorithms.filter(|_| !password.is_empty()).map(ha1)
}

clones! { impl[I] DigestAccount[I] { 0 } }

shows! { impl[I: fmt::Debug] DigestAccount[I] as self { realm: self.0.realm, identity: self.0.identity } }

/// A table of the accounts of one realm, in memory. It keeps hashes, not passwords. A clone shares the table.
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
    /// The name for each user hash, for every algorithm that the account has a hash for.
    names: HashMap<UserHash, String>,
}

impl DigestAccounts {
    /// Makes a table of names and passwords. The identity of each account is a [`Principal`] with its name.
    ///
    /// `realm` must be the realm of the scheme. Otherwise each right password gets `401`, and the audit has the code
    /// `digest_account_of_another_realm`. A list of names and passwords in place of a table cannot differ:
    /// [`Digest::builder(realm, list)`](super::Digest::builder).
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, or a name or a password is empty or has a control character.
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
            for text in [name, password] {
                check_text(name, text)?;
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
    /// Makes a table of names and accounts.
    ///
    /// # Errors
    ///
    /// There is no account, a name appears twice, a name is empty, or an account has no hash.
    pub fn from_accounts(
        accounts: impl IntoIterator<Item = (String, DigestAccount<I>)>,
    ) -> Result<Self, ConfigError> {
        let accounts = NamedRecords::new("account", accounts, check)?;
        let mut names = HashMap::new();
        for (name, account) in accounts.iter() {
            let hashes = account.algorithms();
            let hashes = hashes.map(|algorithm| UserHash::of(algorithm, name, account.realm()));
            names.extend(hashes.map(|hash| (hash, name.to_string())));
        }
        Ok(Self(Arc::new(AccountsInner { accounts, names })))
    }

    /// Lists the names of the accounts without a hash for `algorithm`. A client could not answer a challenge with
    /// `algorithm` for them.
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
            "the account {name:?} has no password hash: call `from_password` or `with_ha1`"
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

/// Finds the name that a user hash stands for: see [`DigestBuilder::userhash`](super::DigestBuilder::userhash).
impl<I: Send + Sync + 'static> Lookup<UserHash> for DigestAccounts<I> {
    type Record = String;

    fn lookup(&self, hash: &UserHash) -> NowOrLater<Result<Option<String>, Unavailable>> {
        NowOrLater::now(Ok(self.0.names.get(hash).cloned()))
    }
}
