//! How does a refusal of a [`RequirePolicy`](crate::RequirePolicy) reach the layer around it?

use std::error::Error;
use std::sync::Arc;

use http::request::Parts;

use crate::derives::{clones, writes};
use crate::require_auth::outer_layer::OuterLayer;
use crate::respond::Denial;

/// In the extensions of a `500` that a [`RequirePolicy`](crate::RequirePolicy) answers behind no [`RequireAuth`](crate::RequireAuth) with
/// its identity. Nobody was asked who is calling, so nobody may be believed, and there is no audit to tell.
///
/// # Example
///
/// ```
/// use http::Response;
/// use tower_challenge::require_auth::MissingLayer;
///
/// fn log(response: &Response<()>) -> Option<String> {
///     response.extensions().get::<MissingLayer>().map(ToString::to_string)
/// }
/// assert_eq!(log(&Response::new(())), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct MissingLayer;

writes! {
    impl[] MissingLayer[] as self => "this route is not behind a `RequireAuth` with this identity"
}

impl Error for MissingLayer {}

/// In the extensions of a refusal: who let the caller through, and what to render.
pub(in crate::require_auth) struct PolicyRefusal<I> {
    by: Arc<dyn OuterLayer<I>>,
    /// Nothing, where it has been rendered.
    plain: Option<(Denial, Parts)>,
}

impl<I> PolicyRefusal<I> {
    pub(super) const fn new(by: Arc<dyn OuterLayer<I>>, plain: Option<(Denial, Parts)>) -> Self {
        Self { by, plain }
    }

    /// The layer that let the caller through, to compare.
    pub(in crate::require_auth) fn by(&self) -> *const dyn OuterLayer<I> {
        Arc::as_ptr(&self.by)
    }

    /// What was decided, and the request, to render; nothing, where that is done.
    pub(in crate::require_auth) fn into_plain(self) -> Option<(Denial, Parts)> {
        self.plain
    }
}

clones! { impl[I] PolicyRefusal[I] { by, plain } }
