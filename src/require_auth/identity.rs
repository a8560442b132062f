//! How the inner service learns who is calling.

use std::marker::PhantomData;
use std::ops::Deref;

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
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Authenticated<I> {
    identity: I,
}

impl<I> Authenticated<I> {
    pub(super) const fn new(identity: I) -> Self {
        Self { identity }
    }

    /// Who is calling.
    pub fn into_identity(self) -> I {
        self.identity
    }
}

impl<I> Deref for Authenticated<I> {
    type Target = I;

    fn deref(&self) -> &I {
        &self.identity
    }
}

/// In the extensions of every request that a layer with this identity let pass without one: the proof that it was asked.
pub(super) struct Anonymous<I>(PhantomData<fn() -> I>);

impl<I> Anonymous<I> {
    pub(super) const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<I> Clone for Anonymous<I> {
    fn clone(&self) -> Self {
        Self::new()
    }
}
