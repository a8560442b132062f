//! The request extensions that tell the inner service who the caller is.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::outer_require_auth::{OuterRequireAuth, PassedCredentials, RemovedCredentials};

use crate::derives::shows;

/// The caller of a request, as the scheme that admitted the request identified them.
///
/// The layer inserts it into the extensions of every request that it admits. Only the layer can make one, so a handler
/// that has one knows that the request was authenticated.
///
/// # As an axum extractor
///
/// With the feature `axum` it is an extractor, and so is `Option<Authenticated<I>>`:
///
/// ```toml
/// tower-challenge = { version = "0.1", features = ["axum"] }
/// ```
///
/// - Without the feature, the compiler says that the trait `Handler<_, _>` is not implemented for the handler, and
///   names neither this type nor the feature. `axum::Extension<Authenticated<I>>` is an extractor without the feature.
/// - On a route that is not inside a [`RequireAuth`](crate::RequireAuth) with the identity `I`, the extractor answers
///   `500`, and a [`MissingLayer`](super::MissingLayer) in the extensions of the response names the types.
///
/// # Example
///
/// ```
/// use http::{Request, Response, StatusCode};
/// use tower_challenge::{Authenticated, Principal};
///
/// fn whoami(request: &Request<()>) -> Response<String> {
///     match request.extensions().get::<Authenticated<Principal>>() {
///         Some(caller) => Response::new(caller.name().to_owned()),
///         // The service is not inside the layer, so no layer has checked credentials.
///         None => {
///             let mut response = Response::new(String::new());
///             *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
///             response
///         }
///     }
/// }
///
/// assert_eq!(whoami(&Request::new(())).status(), 500);
/// ```
#[derive(Clone)]
pub struct Authenticated<I> {
    identity: I,
    outer_layer: Arc<dyn OuterRequireAuth<I>>,
    passed: PassedCredentials,
}

impl<I> Authenticated<I> {
    pub(super) const fn new(
        identity: I,
        outer_layer: Arc<dyn OuterRequireAuth<I>>,
        passed: PassedCredentials,
    ) -> Self {
        Self {
            identity,
            outer_layer,
            passed,
        }
    }

    /// Returns the identity of the caller.
    pub fn into_identity(self) -> I {
        self.identity
    }

    /// The layer that let them through.
    pub(super) const fn outer_layer(&self) -> &Arc<dyn OuterRequireAuth<I>> {
        &self.outer_layer
    }

    pub(super) const fn passed(&self) -> PassedCredentials {
        self.passed
    }
}

impl<I> Deref for Authenticated<I> {
    type Target = I;

    fn deref(&self) -> &I {
        &self.identity
    }
}

/// Two callers are equal if their identities are, even if different layers admitted them.
impl<I: PartialEq> PartialEq for Authenticated<I> {
    fn eq(&self, other: &Self) -> bool {
        self.identity == other.identity
    }
}

impl<I: Eq> Eq for Authenticated<I> {}

impl<I: Hash> Hash for Authenticated<I> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity.hash(state);
    }
}

shows! { impl[I: fmt::Debug] Authenticated[I] as self { identity: self.identity } }

/// Marks a request that a layer with this identity let pass without a caller, because the request is public or
/// authentication is optional.
///
/// The layer inserts it into the extensions. It tells a route that has no caller from a route that is not inside a
/// layer.
pub(super) struct AnonymousRequest<I> {
    outer_layer: Arc<dyn OuterRequireAuth<I>>,
    removed: Option<RemovedCredentials>,
}

impl<I> AnonymousRequest<I> {
    /// `removed` has the meaning that it has in [`PassedCredentials`].
    pub(super) const fn new(
        outer_layer: Arc<dyn OuterRequireAuth<I>>,
        removed: Option<RemovedCredentials>,
    ) -> Self {
        Self {
            outer_layer,
            removed,
        }
    }

    /// The layer that let them through.
    pub(super) const fn outer_layer(&self) -> &Arc<dyn OuterRequireAuth<I>> {
        &self.outer_layer
    }

    pub(super) const fn removed(&self) -> Option<RemovedCredentials> {
        self.removed
    }
}

impl<I> Clone for AnonymousRequest<I> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.outer_layer), self.removed)
    }
}
