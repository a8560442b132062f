//! Turns stores of hashes into verifiers.

use super::account::HashedAccount;
use super::accounts::HashedAccounts;
use super::from_lookup::LookupStore;
use super::verifier::HashedPasswords;
use crate::config_error::ConfigError;
use crate::password::{IntoPasswordVerifier, Lookup};

/// A table becomes a [`HashedPasswords`] with a pool and a cache of its own.
impl<I: Clone + Send + Sync + 'static> IntoPasswordVerifier for HashedAccounts<I> {
    type Verifier = HashedPasswords<Self>;

    fn into_password_verifier(self) -> Result<HashedPasswords<Self>, ConfigError> {
        HashedPasswords::new(self)
    }
}

/// A look-up becomes a [`HashedPasswords`] with a pool and a cache of its own.
impl<L, I> IntoPasswordVerifier for LookupStore<L>
where
    L: Lookup<str, Record = HashedAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Verifier = HashedPasswords<Self>;

    fn into_password_verifier(self) -> Result<HashedPasswords<Self>, ConfigError> {
        HashedPasswords::new(self)
    }
}
