//! Verifiers of passwords: one account, a table, a file, a database, or a function of the application.

mod account_lists;
#[cfg(feature = "hashes")]
pub mod hash;
#[cfg(feature = "hashes")]
mod hashed;
#[cfg(feature = "hashes")]
mod hashing_pool;
#[cfg(feature = "htpasswd")]
mod htpasswd;
mod into_password_verifier;
#[cfg(any(feature = "htpasswd", feature = "mutual"))]
pub(crate) mod line_faults;
#[cfg(any(feature = "htpasswd", feature = "mutual"))]
pub(crate) mod lines;
mod one_account;
mod plaintext_accounts;
#[cfg(feature = "precis")]
pub mod precis;
#[cfg(feature = "hashes")]
mod verified_password_cache;
mod verify_async;

#[cfg(any(feature = "digest", feature = "mutual", feature = "scram"))]
pub(crate) use self::account_lists::checked_accounts;
#[cfg(any(feature = "digest", feature = "scram"))]
pub(crate) use self::account_lists::for_each_account_list;
#[cfg(feature = "hashes")]
pub use self::hashed::{
    HashStore, HashedAccount, HashedAccounts, HashedPasswords, HashedPasswordsBuilder, LookupStore,
    from_lookup,
};
#[cfg(feature = "hashes")]
pub use self::hashing_pool::{HashingPool, HashingPoolBuilder};
#[cfg(feature = "htpasswd")]
pub use self::htpasswd::htpasswd;
pub use self::into_password_verifier::IntoPasswordVerifier;
pub use self::one_account::OneAccount;
#[cfg(feature = "digest")]
pub(crate) use self::one_account::check_text;
pub use self::plaintext_accounts::PlaintextAccounts;
#[cfg(feature = "hashes")]
pub use self::verified_password_cache::VerifiedPasswordCache;
pub use self::verify_async::verify_async;
pub use crate::lookup::Lookup;
#[cfg(any(feature = "htpasswd", feature = "mutual"))]
pub use crate::reloading::{FileHealth, ReloadEvent, ReloadingFile};

use std::sync::Arc;

use crate::client::UnresolvedClient;
use crate::now_or_later::IntoAnswer;
use crate::secret::Secret;
use crate::verified::{IntoVerified, VerifiedNowOrLater, verification};

/// Verifies the name and the password that a client sent.
///
/// This crate has verifiers for one fixed account ([`OneAccount`]), for a table ([`PlaintextAccounts`]) and for slow
/// hashes in a table, a file or a database (`HashedPasswords`, feature `hashes`). A list of names and passwords becomes
/// a verifier where a scheme needs one: see [`IntoPasswordVerifier`].
///
/// Every closure from `(&str, Secret<'_>)` to `Option<I>` or [`Verified<I>`](crate::Verified) implements the trait, and
/// so does a closure to a `Result` or a [`NowOrLater`](crate::NowOrLater) of these. [`verify_async`] turns an `async`
/// function into a verifier.
///
/// # Example
///
/// ```
/// use tower_challenge::password::VerifyPassword;
/// use tower_challenge::{Principal, Secret};
///
/// let verifier = |user: &str, password: Secret<'_>| {
///     ((user == "ada") & password.matches("lovelace")).then(|| Principal::new("ada"))
/// };
/// let verify = |password| verifier.verify("ada", Secret::new(password)).try_now().unwrap().unwrap();
/// assert!(verify("lovelace").is_ok());
/// assert!(verify("babbage").is_err());
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify passwords",
    note = "a closure does if it names its arguments' types: `|user: &str, password: Secret<'_>| ..`",
    note = "`password::verify_async` wraps an `async fn(String, SecretString) -> Result<Option<Principal>, Unavailable>`",
    note = "if it is a `Result`, put `?` behind the call that returned it"
)]
pub trait VerifyPassword: Send + Sync + 'static {
    /// The identity that a right password proves, for example [`Principal`](crate::Principal).
    type Identity: Clone + Send + Sync + 'static;

    /// Looks up `user` and compares `password`. An unknown user and a wrong password are both
    /// [`VerifyFailure`](crate::VerifyFailure).
    ///
    /// An implementation must take the same time whether or not `user` exists. Otherwise an attacker learns from the
    /// time which accounts exist.
    ///
    /// # Errors
    ///
    /// The answer is an error if the password could not be verified. For example, the database did not answer. The
    /// server then answers `503` and not `401`.
    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<Self::Identity>;

    /// Verifies the password that `client` sent. [`Basic`](crate::scheme) calls this method, which calls
    /// [`verify`](Self::verify) unless the verifier has its own. For example, `HashedPasswords` (feature `hashes`) gives
    /// each network its turn at the threads that hash.
    ///
    /// A verifier that wraps another one has to implement this method, and to pass `client` on. Otherwise the inner
    /// verifier does not know the client.
    ///
    /// # Errors
    ///
    /// As for [`verify`](Self::verify).
    fn verify_for(
        &self,
        user: &str,
        password: Secret<'_>,
        client: &UnresolvedClient<'_>,
    ) -> VerifiedNowOrLater<Self::Identity> {
        let _ = client;
        self.verify(user, password)
    }
}

impl<F, A, V> VerifyPassword for F
where
    F: Fn(&str, Secret<'_>) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value = V>,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        verification(self(user, password))
    }
}

/// A verifier that several schemes share. `Arc<dyn VerifyPassword<..>>` also hides the type of the verifier.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// use std::sync::Arc;
/// use tower_challenge::password::{OneAccount, VerifyPassword};
/// use tower_challenge::scheme::Basic;
/// use tower_challenge::{ConfigError, Principal, RequireAuth, Secret};
///
/// /// Chooses a verifier when the program starts.
/// fn verifier(for_tests: bool) -> Result<Arc<dyn VerifyPassword<Identity = Principal>>, ConfigError> {
///     match for_tests {
///         true => Ok(Arc::new(OneAccount::new("ada", "lovelace")?)),
///         false => Ok(Arc::new(|_: &str, _: Secret<'_>| None)),
///     }
/// }
///
/// let shared = verifier(true).unwrap();
/// assert!(RequireAuth::new(Basic::new("files", Arc::clone(&shared)).unwrap()).is_ok());
/// let verify = |password| shared.verify("ada", Secret::new(password)).try_now().unwrap().unwrap();
/// assert!(verify("lovelace").is_ok());
/// assert!(verify("babbage").is_err());
/// # }
/// ```
///
/// `Box` has no such implementation. A boxed closure is a closure itself, so the two implementations would overlap.
/// Turn a box into an `Arc` with `Arc::from`.
impl<V: VerifyPassword + ?Sized> VerifyPassword for Arc<V> {
    type Identity = V::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        (**self).verify(user, password)
    }

    fn verify_for(
        &self,
        user: &str,
        password: Secret<'_>,
        client: &UnresolvedClient<'_>,
    ) -> VerifiedNowOrLater<V::Identity> {
        (**self).verify_for(user, password, client)
    }
}
