//! Hashes that something else keeps.

use super::account::HashedAccount;
use super::store::HashStore;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::password::Lookup;
use crate::password::hash::PasswordHash;
use crate::unavailable::Unavailable;

/// Hashes that `lookup` finds, in a database for one. For a user it does not find, a hash is computed that costs what
/// `decoy` costs: give it one of those that it keeps, the most expensive if they differ. A row with a cheaper hash then tells by
/// the time it takes that its account exists, and nothing announces that: have it made anew when its owner logs in
/// ([`needs_rehash`](super::HashedPasswordsBuilder::needs_rehash)).
///
/// Take the identity's name from the row that was found, not from the name that was asked for: a database that does not
/// tell `ada` from `ADA` would make two identities of one account.
///
/// It is asked for every request, so a hash that has changed is the one that counts from then on. A hash in a row that
/// cannot be read is for [`HashedAccount::from_stored`].
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

/// See [`from_lookup`].
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
