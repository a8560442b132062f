//! A token in a list that the application writes or reads from its environment.

use crate::principal::Principal;
use crate::secret::SecretString;

/// A token of a list, with or without the name of its owner: see [`IntoTokenVerifier`](super::IntoTokenVerifier).
///
/// A token is a `&str`, a `String` or a [`SecretString`]. A pair has the owner first: a name, or a [`Principal`] with
/// scopes and roles. An owner may have several tokens. For example, add the new token, let the clients change to it, and
/// then remove the old one.
///
/// Take care of the order in a pair: if the two are exchanged, the name of the owner is the token.
///
/// Every token without an owner has the owner `bearer`. Name the owners if policies or the audit should tell them apart.
///
/// Implement the trait for a type of your own, such as the part of a configuration that describes a token.
///
/// # Example
///
/// ```
/// use tower_challenge::Principal;
/// use tower_challenge::scheme::bearer::ListedToken;
///
/// let owner = |listed: (Principal, _)| listed.0;
/// assert_eq!(owner("t0ken".into_owner_and_token()).name(), "bearer");
/// assert_eq!(owner(("ci", "t0ken").into_owner_and_token()).name(), "ci");
/// let deployer = Principal::new("ci").with_scopes("deploy");
/// assert!(owner((deployer, "t0ken").into_owner_and_token()).scopes().contains("deploy"));
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no token of a list",
    note = "a token is a `&str`, a `String` or a `SecretString`, or a pair of an owner and one of these: `(\"ci\", token)`"
)]
pub trait ListedToken {
    /// Returns the caller to whom the token belongs, and the token.
    fn into_owner_and_token(self) -> (Principal, SecretString);
}

/// The name of the caller with a token that has no owner.
const ANY_BEARER: &str = "bearer";

macro_rules! token_without_owner {
    ($($type:ty),*) => {$(
        impl ListedToken for $type {
            fn into_owner_and_token(self) -> (Principal, SecretString) {
                (Principal::new(ANY_BEARER), self.into())
            }
        }
    )*};
}

token_without_owner!(&str, String, SecretString);

impl<N: AsRef<str>, T: Into<SecretString>> ListedToken for (N, T) {
    fn into_owner_and_token(self) -> (Principal, SecretString) {
        (Principal::new(self.0.as_ref()), self.1.into())
    }
}

impl<T: Into<SecretString>> ListedToken for (Principal, T) {
    fn into_owner_and_token(self) -> (Principal, SecretString) {
        (self.0, self.1.into())
    }
}
