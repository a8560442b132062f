//! Passwords that an `async` function verifies.

use std::future::Future;

use super::VerifyPassword;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;
use crate::verified::{IntoVerified, Verification};

/// Verifies passwords with an `async` function of the user's name and password.
///
/// # Example
///
/// ```
/// use tower_challenge::password::{self, VerifyPassword};
/// use tower_challenge::{Principal, SecretString, Unavailable};
///
/// async fn ask_the_directory(user: String, password: SecretString) -> Result<Option<Principal>, Unavailable> {
///     // .. a round trip ..
///     Ok(((user == "ada") & password.as_secret().matches("lovelace")).then(|| Principal::new(&user)))
/// }
///
/// fn takes(_: impl VerifyPassword<Identity = Principal>) {}
/// takes(password::later(ask_the_directory));
/// ```
pub const fn later<F, Fut, V>(f: F) -> Later<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    Later(f)
}

/// See [`later`].
#[derive(Clone, Copy)]
pub struct Later<F>(F);

impl<F, Fut, V> VerifyPassword for Later<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> Verification<V::Identity> {
        let answer = self.0(user.to_owned(), password.to_owned());
        NowOrLater::later(async { answer.await.map(IntoVerified::into_verified) })
    }
}

shows! { impl[F] Later[F] as self {} }
