//! A verifier of passwords that calls an `async` function.

use std::future::Future;

use super::VerifyPassword;
use crate::now_or_later::NowOrLater;
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;
use crate::verified::{AsyncVerifier, IntoVerified, VerifiedNowOrLater};

/// Verifies passwords with an `async` function, which takes the user's name and password.
///
/// The function has to take the same time for an unknown user as for a wrong password.
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
/// takes(password::verify_async(ask_the_directory));
/// ```
pub const fn verify_async<F, Fut, V>(f: F) -> AsyncVerifier<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    AsyncVerifier::new(f)
}

impl<F, Fut, V> VerifyPassword for AsyncVerifier<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, user: &str, password: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        let answer = (self.function())(user.to_owned(), password.to_owned());
        NowOrLater::later(async { answer.await.map(IntoVerified::into_verified) })
    }
}
