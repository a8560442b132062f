//! Turns what an application has into a verifier of passwords: a verifier, a store of hashes, or a list.

use std::collections::{BTreeMap, HashMap};

use super::account_lists::{checked_accounts, for_each_account_list};
use super::{PlaintextAccounts, VerifyPassword};
use crate::config_error::ConfigError;
use crate::secret::SecretString;

/// Becomes a verifier of passwords. [`RequireAuth::basic`](crate::RequireAuth) and [`Basic::new`](crate::scheme) take
/// any value that implements this trait.
///
/// | value | verifier |
/// |---|---|
/// | a [`VerifyPassword`]: a closure, an [`AsyncVerifier`](crate::AsyncVerifier), an `Arc<dyn VerifyPassword<..>>`, .. | the value itself |
/// | a list of names and hashes, `HashedAccounts` (feature `hashes`) | `HashedPasswords` |
/// | a file of names and hashes, `htpasswd` (feature `htpasswd`) | `HashedPasswords` |
/// | accounts with hashes from a look-up, `from_lookup` (feature `hashes`) | `HashedPasswords` |
/// | a list of names and passwords in clear text | [`PlaintextAccounts`] |
/// | a `Result` of one of these, with [`ConfigError`] | that of its value |
///
/// A list of names and passwords is an array, a `Vec`, a slice, a `HashMap` or a `BTreeMap`. Names are `&str` or
/// `String`, passwords also [`SecretString`]. Collect an iterator into a `Vec`.
///
/// Because a `Result` is accepted, a constructor needs no `?` of its own:
/// `RequireAuth::basic("files", OneAccount::new("ada", "lovelace"))?`.
///
/// Implement the trait for a type of your own, such as the part of a configuration that lists accounts.
///
/// # Example
///
/// ```
/// use tower_challenge::password::{IntoPasswordVerifier, OneAccount, VerifyPassword};
/// use tower_challenge::{ConfigError, Secret};
///
/// fn admits_ada(accounts: impl IntoPasswordVerifier) -> Result<bool, ConfigError> {
///     let verifier = accounts.into_password_verifier()?;
///     let verified = verifier.verify("ada", Secret::new("lovelace")).try_now().ok();
///     Ok(matches!(verified, Some(Ok(Ok(_)))))
/// }
///
/// assert!(admits_ada([("ada", "lovelace"), ("grace", "hopper")])?);
/// assert!(admits_ada(OneAccount::new("ada", "lovelace"))?, "a `Result` of a verifier");
/// assert!(!admits_ada([("ada", "babbage")])?);
///
/// // Lists from the environment are often wrong in one of these ways.
/// let none = Vec::<(String, String)>::new();
/// assert_eq!(admits_ada(none).unwrap_err().to_string(), "no account is configured: add at least one");
/// assert!(admits_ada([("ada", "")]).is_err(), "an unset variable must not be a password");
/// assert!(admits_ada([("ada", "lovelace"), ("ada", "byron")]).is_err(), "one name has two passwords");
/// let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// assert!(admits_ada([("ada", hash)]).is_err(), "a hash is no password: use `HashedAccounts`");
/// # Ok::<(), ConfigError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify passwords, and is no list of accounts",
    note = "a list has pairs of a name and a password: `[(\"ada\", password)]`, or a `Vec`, a slice or a map",
    note = "collect an iterator with `.collect::<Vec<_>>()`, and call `build()` of a builder"
)]
pub trait IntoPasswordVerifier {
    /// The verifier.
    type Verifier: VerifyPassword;

    /// Makes the verifier.
    ///
    /// # Errors
    ///
    /// A list of passwords is empty, or has a name twice, an empty name, a name with a colon (RFC 7617 section 2), an
    /// empty password, or a password that looks like a hash, such as `$argon2id$..`. For other values, the errors are
    /// those of their constructors: for example, the threads that compute hashes could not be started.
    fn into_password_verifier(self) -> Result<Self::Verifier, ConfigError>;
}

impl<V: VerifyPassword> IntoPasswordVerifier for V {
    type Verifier = Self;

    fn into_password_verifier(self) -> Result<Self, ConfigError> {
        Ok(self)
    }
}

impl<V: IntoPasswordVerifier> IntoPasswordVerifier for Result<V, ConfigError> {
    type Verifier = V::Verifier;

    fn into_password_verifier(self) -> Result<V::Verifier, ConfigError> {
        self?.into_password_verifier()
    }
}

macro_rules! becomes_plaintext_accounts {
    ([$($generics:tt)*] $list:ty, $account:expr) => {
        impl<$($generics)*> IntoPasswordVerifier for $list {
            type Verifier = PlaintextAccounts;

            fn into_password_verifier(self) -> Result<PlaintextAccounts, ConfigError> {
                let accounts = self.into_iter().map($account);
                let advice = "use `HashedAccounts` for hashes (feature `hashes`)";
                PlaintextAccounts::new(checked_accounts(accounts, advice)?)
            }
        }
    };
}

for_each_account_list!(becomes_plaintext_accounts);
