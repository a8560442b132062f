//! Converts the identity that a verifier of tokens finds.

use std::sync::Arc;

use super::bound_token::{BoundIdentity, BoundNowOrLater, VerifyBoundToken};
use super::verify_token::VerifyToken;
use crate::derives::{clones, shows};
use crate::now_or_later::NowOrLater;
use crate::request_head::RequestHead;
use crate::secret::Secret;
use crate::unavailable::Unavailable;
use crate::verified::{Verified, VerifiedNowOrLater};

/// Adapts verifiers of tokens. Every [`VerifyToken`] has these methods.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::bearer::{StaticTokens, VerifyToken, VerifyTokenExt};
/// use tower_challenge::{ConfigError, Principal, Secret};
///
/// #[derive(Clone, Debug)]
/// struct Caller {
///     name: String,
///     is_machine: bool,
/// }
///
/// let machine = |owner: Principal| Caller { name: owner.name().to_owned(), is_machine: true };
/// let tokens = StaticTokens::new()?.token("t0ken", Principal::new("ci"))?.map_identity(machine);
/// let verify = |token| tokens.verify(Secret::new(token)).try_now().unwrap().unwrap();
/// let caller = verify("t0ken").unwrap();
/// assert!(caller.name == "ci" && caller.is_machine);
/// assert!(verify("guess").is_err());
/// # Ok::<(), ConfigError>(())
/// ```
pub trait VerifyTokenExt: VerifyToken + Sized {
    /// Converts the identity of each caller with `convert`. So verifiers with different identities fit together.
    #[must_use]
    fn map_identity<J, F>(self, convert: F) -> MapTokenIdentity<Self, F>
    where
        J: Clone + Send + Sync + 'static,
        F: Fn(Self::Identity) -> J + Send + Sync + 'static,
    {
        MapTokenIdentity {
            verifier: Arc::new(self),
            convert: Arc::new(convert),
        }
    }

    /// Says that no token of this verifier is bound to a key of its client, so that it also is a [`VerifyBoundToken`].
    ///
    /// Use it for tables and closures of the application alone: a token that its issuer has bound would lose its binding.
    #[must_use]
    fn never_bound(self) -> UnboundTokens<Self> {
        UnboundTokens(self)
    }
}

impl<V: VerifyToken> VerifyTokenExt for V {}

/// A verifier whose identities are converted. [`VerifyTokenExt::map_identity`] makes it.
pub struct MapTokenIdentity<V, F> {
    verifier: Arc<V>,
    convert: Arc<F>,
}

impl<V, F, J> VerifyToken for MapTokenIdentity<V, F>
where
    V: VerifyToken,
    J: Clone + Send + Sync + 'static,
    F: Fn(V::Identity) -> J + Send + Sync + 'static,
{
    type Identity = J;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<J> {
        converted(self.verifier.verify(token), &self.convert)
    }

    fn verify_for(&self, token: Secret<'_>, head: RequestHead<'_>) -> VerifiedNowOrLater<J> {
        converted(self.verifier.verify_for(token, head), &self.convert)
    }

    fn is_empty(&self) -> bool {
        self.verifier.is_empty()
    }
}

impl<V, F, J> VerifyBoundToken for MapTokenIdentity<V, F>
where
    V: VerifyBoundToken,
    J: Clone + Send + Sync + 'static,
    F: Fn(V::Identity) -> J + Send + Sync + 'static,
{
    type Identity = J;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<J> {
        let convert = Arc::clone(&self.convert);
        let convert = Arc::new(move |bound: BoundIdentity<V::Identity>| {
            let confirmation = bound.confirmation().copied();
            BoundIdentity::new(convert(bound.into_identity()), confirmation)
        });
        converted(self.verifier.verify_bound(token), &convert)
    }

    fn is_empty(&self) -> bool {
        self.verifier.is_empty()
    }
}

fn converted<I, J, F>(
    verified: VerifiedNowOrLater<I>,
    convert: &Arc<F>,
) -> NowOrLater<Result<Verified<J>, Unavailable>>
where
    I: 'static,
    F: Fn(I) -> J + Send + Sync + 'static,
{
    let convert = Arc::clone(convert);
    verified
        .map(move |verified| verified.map(|verified| verified.map(|identity| convert(identity))))
}

clones! { impl[V, F] MapTokenIdentity[V, F] { verifier, convert } }

shows! { impl[V, F] MapTokenIdentity[V, F] as self {} }

/// A verifier whose tokens are never bound to a key. [`VerifyTokenExt::never_bound`] makes it.
#[derive(Clone)]
pub struct UnboundTokens<V>(V);

impl<V: VerifyToken> VerifyToken for UnboundTokens<V> {
    type Identity = V::Identity;

    fn verify(&self, token: Secret<'_>) -> VerifiedNowOrLater<V::Identity> {
        self.0.verify(token)
    }

    fn verify_for(
        &self,
        token: Secret<'_>,
        head: RequestHead<'_>,
    ) -> VerifiedNowOrLater<V::Identity> {
        self.0.verify_for(token, head)
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<V: VerifyToken> VerifyBoundToken for UnboundTokens<V> {
    type Identity = V::Identity;

    fn verify_bound(&self, token: Secret<'_>) -> BoundNowOrLater<V::Identity> {
        let unbound = |identity| BoundIdentity::new(identity, None);
        let verified = self.0.verify(token);
        verified.map(move |verified| verified.map(|verified| verified.map(unbound)))
    }

    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

shows! { impl[V] UnboundTokens[V] as self {} }
