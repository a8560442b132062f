//! Where are the hashes of passwords kept?

use std::sync::Arc;

use super::account::HashedAccount;
use crate::forward::forward;
use crate::now_or_later::NowOrLater;
use crate::password::hash::PasswordHash;
use crate::unavailable::Unavailable;

/// Where hashes of passwords are kept: a table, a file, a database.
pub trait HashStore: Send + Sync + 'static {
    /// Who an account identifies.
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the account of `user`.
    ///
    /// # Errors
    ///
    /// The answer is an error when nobody can tell; an unknown user is `None`.
    fn find(
        &self,
        user: &str,
    ) -> NowOrLater<Result<Option<HashedAccount<Self::Identity>>, Unavailable>>;

    /// What is computed for a user who does not exist: a [decoy](PasswordHash::decoy) of the most expensive hash there is.
    fn decoy(&self) -> PasswordHash;
}

forward! { Arc, Box: HashStore {
    type Identity;
    fn find(&self, user: &str) -> NowOrLater<Result<Option<HashedAccount<Self::Identity>>, Unavailable>>;
    fn decoy(&self) -> PasswordHash;
} }
