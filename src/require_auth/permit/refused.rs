//! How does a refusal of a [`Permit`](crate::Permit) reach the layer around it?

use std::error::Error;
use std::sync::Arc;

use http::request::Parts;

use crate::derives::{clones, writes};
use crate::require_auth::around::Around;
use crate::respond::Denial;

/// In the extensions of a `500` that a [`Permit`](crate::Permit) answers behind no [`RequireAuth`](crate::RequireAuth) with
/// its identity. Nobody was asked who is calling, so nobody may be believed, and there is no audit to tell.
///
/// # Example
///
/// ```
/// use http::Response;
/// use tower_challenge::require_auth::Misplaced;
///
/// fn log(response: &Response<()>) -> Option<String> {
///     response.extensions().get::<Misplaced>().map(ToString::to_string)
/// }
/// assert_eq!(log(&Response::new(())), None);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Misplaced;

writes! {
    impl[] Misplaced[] as self => "this route is not behind a `RequireAuth` with this identity"
}

impl Error for Misplaced {}

/// In the extensions of a refusal: who let the caller through, and what to render.
pub(in crate::require_auth) struct Refused<I> {
    by: Arc<dyn Around<I>>,
    /// Nothing, where it has been rendered.
    plain: Option<(Denial, Parts)>,
}

impl<I> Refused<I> {
    pub(super) const fn new(by: Arc<dyn Around<I>>, plain: Option<(Denial, Parts)>) -> Self {
        Self { by, plain }
    }

    /// The layer that let the caller through, to compare.
    pub(in crate::require_auth) fn by(&self) -> *const dyn Around<I> {
        Arc::as_ptr(&self.by)
    }

    /// What was decided, and the request, to render; nothing, where that is done.
    pub(in crate::require_auth) fn into_plain(self) -> Option<(Denial, Parts)> {
        self.plain
    }
}

clones! { impl[I] Refused[I] { by, plain } }
