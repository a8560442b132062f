//! One account: whose digest is compared with what.

use std::fmt;
use std::sync::{Arc, OnceLock};

use super::algorithm::Algorithm;
use super::proof::Ha1;
use crate::config_error::ConfigError;
use crate::principal::Principal;
use crate::secret::Secret;
use crate::store::Holder;

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
    /// Those of passwords that the account had before, the latest last.
    former: Vec<Ha1>,
    identity: I,
    /// By what the store of nonce counts knows the account, once it has logged in.
    holder: OnceLock<Holder>,
}

impl<I> DigestAccount<I> {
    /// An account without a secret yet, which cannot log in.
    #[must_use]
    pub fn new(realm: &str, identity: I) -> Self {
        Self(Arc::new(Record {
            realm: realm.into(),
            ha1s: Vec::new(),
            former: Vec::new(),
            identity,
            holder: OnceLock::new(),
        }))
    }

    /// An account with the secrets that follow from a password, one for every algorithm. From an empty one none does: an
    /// unset variable must not be a password.
    #[must_use]
    pub fn from_password(realm: &str, user: &str, password: Secret<'_>, identity: I) -> Self {
        Self(Arc::new(Record {
            realm: realm.into(),
            ha1s: secrets_of(realm, user, password).collect(),
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

    fn change(self, change: impl FnOnce(&mut Record<I>)) -> Self
    where
        I: Clone,
    {
        let mut record = Record {
            realm: self.0.realm.clone(),
            ha1s: self.0.ha1s.clone(),
            former: self.0.former.clone(),
            identity: self.0.identity.clone(),
            holder: OnceLock::new(),
        };
        change(&mut record);
        Self(Arc::new(record))
    }

    /// Which algorithms it has a secret for.
    pub fn algorithms(&self) -> impl Iterator<Item = Algorithm> + '_ {
        self.0.ha1s.iter().map(Ha1::algorithm)
    }

    pub(super) fn realm(&self) -> &str {
        &self.0.realm
    }

    pub(super) fn is_of(&self, realm: &str) -> bool {
        *self.0.realm == *realm
    }

    pub(super) fn ha1(&self, algorithm: Algorithm) -> Option<&Ha1> {
        self.0.ha1s.iter().find(|ha1| ha1.algorithm() == algorithm)
    }

    /// The secret of a password that the account had before: the latest is number 0.
    pub(super) fn former(&self, algorithm: Algorithm, number: usize) -> Option<&Ha1> {
        let former = self.0.former.iter().rev();
        former
            .filter(|ha1| ha1.algorithm() == algorithm)
            .nth(number)
    }

    /// By what the store of nonce counts knows the account: a keyed hash of its first secret, so that an account has one
    /// number under every spelling and hash of its name.
    pub(super) fn holder(&self, of_secret: impl FnOnce(&[u8]) -> Holder) -> Holder {
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
    let algorithms = Algorithm::ALL.into_iter();
    algorithms.filter(|_| !password.is_empty()).map(ha1)
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
