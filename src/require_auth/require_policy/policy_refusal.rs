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
    rendering: PolicyRendering,
}

/// Says whether the layer around the route still has to render the refusal.
#[derive(Clone)]
pub(in crate::require_auth) enum PolicyRendering {
    /// The layer around the route, for the head of this request.
    ByLayer(Box<(Denial, Parts)>),
    /// The `RequirePolicy` has done it. `stands_alone` says whether its renderer shows something else in place of the
    /// refusal.
    Done { stands_alone: bool },
}

impl<I> PolicyRefusal<I> {
    pub(super) const fn new(
        outer_layer: Arc<dyn OuterRequireAuth<I>>,
        rendering: PolicyRendering,
    ) -> Self {
        Self {
            outer_layer,
            rendering,
        }
    }

    /// Returns the address of the layer that let the request through, to compare it.
    pub(in crate::require_auth) fn outer_layer(&self) -> *const dyn OuterRequireAuth<I> {
        Arc::as_ptr(&self.outer_layer)
    }

    pub(in crate::require_auth) fn into_rendering(self) -> PolicyRendering {
        self.rendering
    }
}

clones! { impl[I] PolicyRefusal[I] { outer_layer, rendering } }
