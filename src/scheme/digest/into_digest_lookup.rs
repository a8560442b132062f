//! Turns what an application has into a look-up of accounts for Digest: a look-up, or a list.

use std::collections::{BTreeMap, HashMap};

use super::accounts::{DigestAccount, DigestAccounts};
use crate::config_error::ConfigError;
use crate::password::{Lookup, checked_accounts, for_each_account_list};
use crate::secret::SecretString;

/// Becomes a look-up of the accounts of a realm. [`RequireAuth::digest`](crate::RequireAuth),
/// [`Digest::new`](super::Digest::new) and [`Digest::builder`](super::Digest::builder) take any value that implements this
/// trait.
///
/// | value | look-up |
/// |---|---|
/// | a [`Lookup`] of a [`DigestAccount`]: [`DigestAccounts`], a file of `htdigest` (feature `htpasswd`), a closure, .. | the value itself |
/// | a list of names and passwords in clear text | [`DigestAccounts`], which keeps hashes and no passwords |
/// | a `Result` of one of these, with [`ConfigError`] | that of its value |
///
/// The lists are those of [`IntoPasswordVerifier`](crate::password::IntoPasswordVerifier).
///
/// # Example
///
/// ```
/// use tower_challenge::password::Lookup;
/// use tower_challenge::scheme::digest::{DigestAccounts, IntoDigestLookup};
/// use tower_challenge::{ConfigError, Principal};
///
/// let accounts = [("ada", "lovelace"), ("grace", "hopper")].into_digest_lookup("files")?;
/// let knows = |name: &str| matches!(accounts.lookup(name).try_now(), Ok(Ok(Some(_))));
/// assert!(knows("ada"));
/// assert!(!knows("eve"));
///
/// assert!(Vec::<(String, String)>::new().into_digest_lookup("files").is_err(), "no account");
/// assert!([("ada", "")].into_digest_lookup("files").is_err(), "an unset variable must not be a password");
/// # Ok::<(), ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not look up accounts of Digest, and is no list of accounts",
    note = "a list has pairs of a name and a password: `[(\"ada\", password)]`, or a `Vec`, a slice or a map",
    note = "a closure looks up accounts if it names its argument's type: `|name: &str| ..`"
)]
pub trait IntoDigestLookup {
    /// The look-up.
    type Lookup: Lookup<str>;

    /// Makes the look-up for the accounts of `realm`.
    ///
    /// # Errors
    ///
    /// A list of passwords is empty, or has a name twice, an empty name, an empty password, or a password that looks
    /// like a hash, such as `$argon2id$..`. Digest cannot use such hashes.
    fn into_digest_lookup(self, realm: &str) -> Result<Self::Lookup, ConfigError>;
}

impl<L: Lookup<str, Record = DigestAccount<I>>, I> IntoDigestLookup for L {
    type Lookup = Self;

    fn into_digest_lookup(self, _: &str) -> Result<Self, ConfigError> {
        Ok(self)
    }
}

impl<L: IntoDigestLookup> IntoDigestLookup for Result<L, ConfigError> {
    type Lookup = L::Lookup;

    fn into_digest_lookup(self, realm: &str) -> Result<L::Lookup, ConfigError> {
        self?.into_digest_lookup(realm)
    }
}

macro_rules! becomes_digest_accounts {
    ([$($generics:tt)*] $list:ty, $account:expr) => {
        impl<$($generics)*> IntoDigestLookup for $list {
            type Lookup = DigestAccounts;

            fn into_digest_lookup(self, realm: &str) -> Result<DigestAccounts, ConfigError> {
                let accounts = self.into_iter().map($account);
                let accounts = checked_accounts(accounts, "Digest needs the password, or its HA1")?;
                let accounts = accounts.iter().map(|(name, password)| (name, password.expose()));
                DigestAccounts::new(realm, accounts)
            }
        }
    };
}

for_each_account_list!(becomes_digest_accounts);
