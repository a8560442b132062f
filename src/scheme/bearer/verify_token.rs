//! The interface of the verifiers of tokens.

use std::future::Future;
use std::sync::Arc;

use crate::forward::forward;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::request_head::RequestHead;
use crate::secret::{Secret, SecretString};
use crate::unavailable::Unavailable;
use crate::verified::{AsyncVerifier, IntoVerified, VerifiedNowOrLater, verification};

/// Finds the identity that belongs to a token, for example in a fixed set, a database or at an introspection endpoint.
///
/// Every closure from `Secret<'_>` to `Option<I>` or [`Verified<I>`](crate::Verified), or to a `Result` or
/// [`NowOrLater`] of these, implements this trait. [`verify_async`] does the same for an `async` function. A list of
/// tokens becomes a verifier where a scheme needs one: see [`IntoTokenVerifier`](super::IntoTokenVerifier).
///
/// # Example
///
/// A table to which the application adds tokens, and from which it removes them, while the server runs. Clones share the
/// table. A refusal may tell the audit its reason, for example with
/// [`VerifyFailure::because("the token was revoked")`](crate::VerifyFailure::because).
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::{Arc, PoisonError, RwLock};
/// use tower_challenge::scheme::bearer::{Bearer, VerifyToken};
/// use tower_challenge::{NowOrLater, Principal, RequireAuth, Secret, VerifiedNowOrLater, VerifyFailure};
///
/// #[derive(Clone, Default)]
/// struct Tokens(Arc<RwLock<HashMap<String, Principal>>>);
///
/// impl VerifyToken for Tokens {
///     type Identity = Principal;
///
///     fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<Principal> {
///         let tokens = self.0.read().unwrap_or_else(PoisonError::into_inner);
///         let owner = tokens.get(token.expose()).cloned();
///         NowOrLater::now(Ok(owner.ok_or(VerifyFailure::default())))
///     }
/// }
///
/// # fn main() -> Result<(), tower_challenge::ConfigError> {
/// let tokens = Tokens::default();
/// let auth = RequireAuth::new(Bearer::new("files", tokens.clone())?)?;
/// # let _ = auth;
/// let admits = |token| matches!(tokens.verify(Secret::new(token)).try_now(), Ok(Ok(Ok(_))));
/// assert!(!admits("t0ken"));
/// tokens.0.write().unwrap().insert("t0ken".to_owned(), Principal::new("ada"));
/// assert!(admits("t0ken"));
/// assert!(!admits("guess"));
/// # Ok(())
/// # }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not verify tokens",
    note = "a closure verifies tokens if it names the type of its argument: `|token: Secret<'_>| ..`",
    note = "`bearer::verify_async` wraps an `async fn(SecretString) -> Result<Option<Principal>, Unavailable>`",
    note = "if it is a `Result`, put `?` behind the call that returned it"
)]
pub trait VerifyToken: Send + Sync + 'static {
    /// The identity of a caller with a valid token.
    type Identity: Clone + Send + Sync + 'static;

    /// Finds the identity that belongs to `token`, which is a b64token (RFC 6750 section 2.1) and never empty. With
    /// [`Bearer::allow_visible_ascii`](super::Bearer::allow_visible_ascii), it is visible ASCII without a comma and a quotation mark; with `ApiKey`, it is visible ASCII. For an unknown,
    /// expired or revoked token, the answer is [`VerifyFailure`](crate::VerifyFailure), or `None` from a closure.
    ///
    /// # Errors
    ///
    /// The answer is an error if the verifier cannot tell, for example because its database is out of reach.
    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<Self::Identity>;

    /// Finds the identity that belongs to `token` in the request with the head `head`. [`Bearer`](super::Bearer) calls this method, which
    /// calls [`verify`](Self::verify) unless the verifier has its own. For example, a verifier of its own accepts a token
    /// only through the connection with the certificate to which the token is bound.
    ///
    /// # Errors
    ///
    /// As [`verify`](Self::verify).
    fn verify_for(
        &self,
        token: Secret<'_>,
        head: RequestHead<'_>,
    ) -> VerifiedNowOrLater<Self::Identity> {
        let _ = head;
        self.verify(token)
    }

    /// Whether the verifier knows beforehand that it will accept no token. [`Bearer::new`](super::Bearer::new) refuses such a verifier.
    fn is_empty(&self) -> bool {
        false
    }
}

impl<F, A, V> VerifyToken for F
where
    F: Fn(Secret<'_>) -> A + Send + Sync + 'static,
    A: IntoAnswer<Value = V>,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        verification(self(token))
    }
}

// An `Arc<dyn VerifyToken<Identity = ..>>` is a verifier, too, so several schemes can share one.
forward! { Arc: VerifyToken {
    type Identity;
    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<T::Identity>;
    fn verify_for(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerifiedNowOrLater<T::Identity>;
    fn is_empty(&self) -> bool;
} }

/// Verifies tokens with an `async` function.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::{Bearer, bearer};
/// use tower_challenge::{Principal, SecretString, Unavailable};
///
/// async fn whose(token: SecretString) -> Result<Option<Principal>, Unavailable> {
///     // .. a request to the database ..
///     Ok(token.as_secret().matches("t0ken").then(|| Principal::new("ada")))
/// }
///
/// assert!(Bearer::new("files", bearer::verify_async(whose)).is_ok());
/// ```
pub const fn verify_async<F, Fut, V>(f: F) -> AsyncVerifier<F>
where
    F: Fn(SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    AsyncVerifier::new(f)
}

impl<F, Fut, V> VerifyToken for AsyncVerifier<F>
where
    F: Fn(SecretString) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<V, Unavailable>> + Send + 'static,
    V: IntoVerified<Identity: Clone + Send + Sync> + 'static,
{
    type Identity = V::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        let answer = (self.function())(token.to_owned());
        NowOrLater::later(async { answer.await.map(IntoVerified::into_verified) })
    }
}
