//! How the inner service learns who is calling.

use std::marker::PhantomData;
use std::ops::Deref;

/// The caller, as the scheme that admitted the request identified them.
///
/// Only the layer makes one, so holding it is proof that the request was authenticated. It is in the extensions of
/// every request that the layer admitted; with the feature `axum` it is an extractor.
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
