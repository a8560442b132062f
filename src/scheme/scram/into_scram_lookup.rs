//! Turns what an application has into a look-up of accounts for SCRAM: a look-up, or a list.

use std::collections::{BTreeMap, HashMap};

use super::accounts::{ScramAccount, ScramAccounts};
use crate::config_error::ConfigError;
use crate::password::{Lookup, for_each_account_list};
use crate::secret::SecretString;

/// Becomes a look-up of accounts. [`RequireAuth::scram`](crate::RequireAuth) and [`Scram::new`](super::Scram::new) take
/// any value that implements this trait.
///
/// | value | look-up |
/// |---|---|
/// | a [`Lookup`] of a [`ScramAccount`]: [`ScramAccounts`], a closure, .. | the value itself |
/// | a list of names and passwords in clear text | [`ScramAccounts`], which keeps secrets and no passwords |
/// | a `Result` of one of these, with [`ConfigError`] | that of its value |
///
/// The lists are those of [`IntoPasswordVerifier`](crate::password::IntoPasswordVerifier). A list is for one process
/// without [`fake_salt_key`](super::ScramBuilder::fake_salt_key), because each process makes new salts: see
/// [`ScramAccounts::new`].
///
/// # Example
///
/// ```
/// use tower_challenge::password::Lookup;
/// use tower_challenge::scheme::scram::{IntoScramLookup, ScramAccounts};
/// use tower_challenge::{ConfigError, Principal};
///
/// let accounts = [("ada", "lovelace"), ("grace", "hopper")].into_scram_lookup()?;
/// let knows = |name: &str| matches!(accounts.lookup(name).try_now(), Ok(Ok(Some(_))));
/// assert!(knows("ada"));
/// assert!(!knows("eve"));
///
/// assert!(Vec::<(String, String)>::new().into_scram_lookup().is_err(), "no account");
/// assert!([("ada", "")].into_scram_lookup().is_err(), "an unset variable must not be a password");
/// # Ok::<(), ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not look up accounts of SCRAM, and is no list of accounts",
    note = "a list has pairs of a name and a password: `[(\"ada\", password)]`, or a `Vec`, a slice or a map",
    note = "a closure looks up accounts if it names its argument's type: `|name: &str| ..`"
)]
pub trait IntoScramLookup {
    /// The look-up.
    type Lookup: Lookup<str>;

    /// Makes the look-up.
    ///
    /// # Errors
    ///
    /// A list of passwords is empty, or has a name twice, an empty name, an empty password, text that is not printable
    /// ASCII, or a password that looks like a hash, such as `SCRAM-SHA-256$..`.
    fn into_scram_lookup(self) -> Result<Self::Lookup, ConfigError>;
}

impl<L: Lookup<str, Record = ScramAccount<I>>, I> IntoScramLookup for L {
    type Lookup = Self;

    fn into_scram_lookup(self) -> Result<Self, ConfigError> {
        Ok(self)
    }
}

impl<L: IntoScramLookup> IntoScramLookup for Result<L, ConfigError> {
    type Lookup = L::Lookup;

    fn into_scram_lookup(self) -> Result<L::Lookup, ConfigError> {
        self?.into_scram_lookup()
    }
}

macro_rules! becomes_scram_accounts {
    ([$($generics:tt)*] $list:ty, $account:expr) => {
        impl<$($generics)*> IntoScramLookup for $list {
            type Lookup = ScramAccounts;

            fn into_scram_lookup(self) -> Result<ScramAccounts, ConfigError> {
                ScramAccounts::of_passwords(self.into_iter().map($account))
            }
        }
    };
}

for_each_account_list!(becomes_scram_accounts);
