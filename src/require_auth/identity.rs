//! How the inner service learns who is calling.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Deref;
use std::sync::Arc;

use super::outer_layer::OuterLayer;

use crate::derives::shows;

/// The caller, as the scheme that admitted the request identified them.
///
/// Only the layer makes one, so holding it is proof that the request was authenticated. It is in the extensions of
/// every request that the layer admitted; with the feature `axum` it is an extractor.
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
///         // Not behind the layer: nobody was asked, so nobody may be believed.
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
    around: Arc<dyn OuterLayer<I>>,
    removed: Option<usize>,
}

impl<I> Authenticated<I> {
    /// `removed` is the place, in the names of the layer, of the scheme whose credentials it has removed.
    pub(super) const fn new(
        identity: I,
        around: Arc<dyn OuterLayer<I>>,
        removed: Option<usize>,
    ) -> Self {
        Self {
            identity,
            around,
            removed,
        }
    }

    /// Who is calling.
    pub fn into_identity(self) -> I {
        self.identity
    }

    /// The layer that let them through.
    pub(super) const fn around(&self) -> &Arc<dyn OuterLayer<I>> {
        &self.around
    }

    pub(super) const fn removed(&self) -> Option<usize> {
        self.removed
    }
}

impl<I> Deref for Authenticated<I> {
    type Target = I;

    fn deref(&self) -> &I {
        &self.identity
    }
}

/// Callers are equal if their identities are, whatever layer let them through.
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

/// In the extensions of every request that a layer with this identity let pass without one: the proof that it was asked.
pub(super) struct AnonymousRequest<I> {
    around: Arc<dyn OuterLayer<I>>,
    removed: Option<usize>,
}

impl<I> AnonymousRequest<I> {
    /// `removed` as for [`Authenticated::new`].
    pub(super) const fn new(around: Arc<dyn OuterLayer<I>>, removed: Option<usize>) -> Self {
        Self { around, removed }
    }

    /// The layer that let them through.
    pub(super) const fn around(&self) -> &Arc<dyn OuterLayer<I>> {
        &self.around
    }

    pub(super) const fn removed(&self) -> Option<usize> {
        self.removed
    }
}

impl<I> Clone for AnonymousRequest<I> {
    fn clone(&self) -> Self {
        Self::new(Arc::clone(&self.around), self.removed)
    }
}
