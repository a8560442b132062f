//! Passwords that an `async` function verifies.

use std::future::Future;

use super::VerifyPassword;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;

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
pub const fn later<F, Fut, I>(f: F) -> Later<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<I>, Unavailable>> + Send + 'static,
    I: Clone + Send + Sync + 'static,
{
    Later(f)
}

/// See [`later`].
#[derive(Clone, Copy)]
pub struct Later<F>(F);

impl<F, Fut, I> VerifyPassword for Later<F>
where
    F: Fn(String, SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Option<I>, Unavailable>> + Send + 'static,
    I: Clone + Send + Sync + 'static,
{
    type Identity = I;

    fn verify(
        &self,
        user: &str,
        password: Secret<'_>,
    ) -> NowOrLater<Result<Option<I>, Unavailable>> {
        NowOrLater::later(self.0(user.to_owned(), password.to_owned()))
    }
}

shows! { impl[F] Later[F] as self {} }
