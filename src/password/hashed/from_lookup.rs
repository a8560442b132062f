//! Accounts and hashes that a database or a function of the application stores.

use super::account::HashedAccount;
use super::store::HashStore;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::password::hash::PasswordHash;
use crate::unavailable::Unavailable;

/// Creates a store that finds accounts with `lookup`, for example in a database.
///
/// The verifier calls `lookup` for every request, so a changed hash or a disabled account takes effect at once.
///
/// For a user that `lookup` does not find, the verifier computes a decoy hash that costs as much as `decoy`. Pass one
/// of your own hashes, the most costly one if they differ. If a row has a cheaper hash, the time of a response tells a
/// client that its account exists, and no warning reports that. Replace such a hash when its owner logs in: see
/// [`needs_rehash`](super::HashedPasswordsBuilder::needs_rehash).
///
/// Take the name of the identity from the row, and not from the argument of `lookup`. For example, a database that
/// ignores case finds one row for `ada` and for `ADA`. With the name of the argument, one account would have two
/// identities.
///
/// Use [`HashedAccount::from_stored`] for the hash of the row. It handles hashes that cannot be read.
///
/// # Example
///
/// ```
/// use tower_challenge::password::hash::{HashFormats, PasswordHash};
/// use tower_challenge::password::{HashedPasswords, HashedAccount, VerifyPassword, from_lookup};
/// use tower_challenge::{NowOrLater, Principal, Secret, Unavailable};
///
/// async fn row_of(name: String) -> Result<Option<(String, String)>, Unavailable> {
///     // .. a query ..
/// #   let hash = "$2y$05$minCJPNMpiasDoUvpTCQ6ehqLBTOxSCS8o/pv/6WhsUigutrEiFWy";
/// #   Ok((name == "ada").then(|| (name, hash.to_owned())))
/// }
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let decoy = PasswordHash::parse("$2y$05$eOw731KS/fHBQnwJUE.MHuFwAHN3fjjErS3rsjK57rhb7HaTwbh9G")?;
/// let lookup = |name: &str| {
///     let name = name.to_owned();
///     NowOrLater::later(async move {
///         let row = row_of(name).await?;
///         let account = |(name, hash): (String, String)| {
///             HashedAccount::from_stored(&HashFormats::new(), &hash, Principal::new(&name))
///         };
///         Ok(row.map(account))
///     })
/// };
/// let verifier = HashedPasswords::new(from_lookup(lookup, &decoy))?;
/// assert!(verifier.verify("ada", Secret::new("lovelace")).await?.is_ok());
/// assert!(verifier.verify("nobody", Secret::new("lovelace")).await?.is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(()) }).unwrap();
/// ```
pub fn from_lookup<L, I>(lookup: L, decoy: &PasswordHash) -> LookupStore<L>
where
    L: Lookup<str, Record = HashedAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    LookupStore {
        lookup,
        decoy: decoy.decoy(),
    }
}

/// A store of accounts that [`from_lookup`] creates.
#[derive(Clone)]
pub struct LookupStore<L> {
    lookup: L,
    decoy: PasswordHash,
}

impl<L, I> HashStore for LookupStore<L>
where
    L: Lookup<str, Record = HashedAccount<I>>,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;

    fn find(&self, user: &str) -> NowOrLater<Result<Option<HashedAccount<I>>, Unavailable>> {
        self.lookup.lookup(user)
    }

    fn decoy(&self) -> PasswordHash {
        self.decoy.clone()
    }
}

shows! { impl[L] LookupStore[L] as self { decoy: self.decoy } }
