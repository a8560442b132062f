//! The interface of the stores of hashed passwords.

use std::sync::Arc;

use super::account::HashedAccount;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::password::hash::PasswordHash;
use crate::unavailable::Unavailable;

/// Stores accounts and the hashes of their passwords.
///
/// [`HashedAccounts`](super::HashedAccounts) is a table in memory, [`htpasswd`](crate::password::htpasswd) reads a
/// file, and [`from_lookup`](super::from_lookup) asks a database. [`HashedPasswords`](super::HashedPasswords) verifies
/// against a store.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not store accounts with hashed passwords",
    note = "if it is a `Result`, put `?` behind the call that returned it",
    note = "`HashedAccounts` is a table, `htpasswd` a file, and `from_lookup` makes a store of a function"
)]
pub trait HashStore: Send + Sync + 'static {
    /// The identity of an account, for example [`Principal`](crate::Principal).
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the account of `user`. The answer for an unknown user is `None`.
    ///
    /// # Errors
    ///
    /// The answer is an error if the lookup failed, so that it is not known whether the user exists. For example, the
    /// database did not answer.
    fn find(
        &self,
        user: &str,
    ) -> NowOrLater<Result<Option<HashedAccount<Self::Identity>>, Unavailable>>;

    /// The hash that the verifier computes for an unknown user, so that the time does not tell whether the user exists.
    /// Return a [decoy](PasswordHash::decoy) of the most costly hash in the store.
    fn decoy(&self) -> PasswordHash;
}

forward! { Arc, Box: HashStore {
    type Identity;
    fn find(&self, user: &str) -> NowOrLater<Result<Option<HashedAccount<Self::Identity>>, Unavailable>>;
    fn decoy(&self) -> PasswordHash;
} }
