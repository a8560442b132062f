//! Which body does the inner service get, where a scheme reads some of it?

use std::convert::Infallible;
use std::future::{Future, Pending};

use http::HeaderMap;

use super::{BodyAccess, BodyError, BodyUnread, VerdictNowOrLater};

/// What a check of a body has come to: a verdict, now or later; or `None`, if the head has admitted the caller, and the body is theirs.
pub type BodyVerdict<I> = Option<VerdictNowOrLater<I>>;

/// What [`BodyAccess`] means for bodies of type `B`. Sealed with it.
pub trait BodyAccessFor<B>: BodyAccess {
    /// The body that the inner service is handed.
    type Body;

    /// Reads as much of the body as has to be verified before the inner service is called.
    type Inspection<I>: Future<Output = Result<(BodyVerdict<I>, Self::Body), BodyError>>;

    /// Hands on a body that nobody had to look at.
    fn untouched(body: B) -> Self::Body;

    /// Checks the `body` of the request with these `headers`.
    fn inspect<I>(check: Self::Check<I>, headers: &HeaderMap, body: B) -> Self::Inspection<I>;

    /// Where to leave word for the case that a body, which the inner service has already, turns out to be bad. `None` if
    /// that cannot happen any more.
    fn refusals(body: &mut Self::Body) -> Option<&mut OnRefusal>;
}

/// Is called once, at the most, when a body is refused that the inner service has already.
pub type OnRefusal = Option<Box<dyn FnOnce(&BodyError) + Send + Sync>>;

impl<B> BodyAccessFor<B> for BodyUnread {
    type Body = B;
    type Inspection<I> = Pending<Result<(BodyVerdict<I>, B), BodyError>>;

    #[inline]
    fn untouched(body: B) -> B {
        body
    }

    fn inspect<I>(check: Infallible, _: &HeaderMap, _: B) -> Self::Inspection<I> {
        match check {}
    }

    #[inline]
    fn refusals(_: &mut B) -> Option<&mut OnRefusal> {
        None
    }
}
