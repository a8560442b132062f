//! Carries the refusal of a [`RequirePolicy`](crate::RequirePolicy) to the layer around it, in the extensions of a
//! response.

use std::sync::Arc;

use http::request::Parts;

use crate::derives::clones;
use crate::require_auth::outer_require_auth::OuterRequireAuth;
use crate::respond::Denial;

/// The refusal of a route, in the extensions of its response: the layer that let the request through, and the refusal
/// that this layer has to render.
pub(in crate::require_auth) struct PolicyRefusal<I> {
    outer_layer: Arc<dyn OuterRequireAuth<I>>,
    /// The refusal, and the head of the request to render it for; `None` if the `RequirePolicy` has rendered it itself.
    unrendered: Option<(Denial, Parts)>,
}

impl<I> PolicyRefusal<I> {
    pub(super) const fn new(
        outer_layer: Arc<dyn OuterRequireAuth<I>>,
        unrendered: Option<(Denial, Parts)>,
    ) -> Self {
        Self {
            outer_layer,
            unrendered,
        }
    }

    /// Returns the address of the layer that let the request through, to compare it.
    pub(in crate::require_auth) fn outer_layer(&self) -> *const dyn OuterRequireAuth<I> {
        Arc::as_ptr(&self.outer_layer)
    }

    /// Returns the refusal and the head of the request, or `None` if the refusal is already rendered.
    pub(in crate::require_auth) fn into_unrendered(self) -> Option<(Denial, Parts)> {
        self.unrendered
    }
}

clones! { impl[I] PolicyRefusal[I] { outer_layer, unrendered } }
