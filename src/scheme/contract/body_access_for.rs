//! The body type that the inner service gets, depending on whether a scheme reads the body.

use std::convert::Infallible;
use std::future::{Future, Pending};

use http::HeaderMap;

use super::{BodyAccess, BodyError, BodyUnread, VerdictNowOrLater};

/// The result of a body check. `Some` is the verdict, now or later. `None` means that the head had already admitted the
/// caller, and that the body is the signed one or is verified while the inner service reads it.
pub type BodyVerdict<I> = Option<VerdictNowOrLater<I>>;

/// [`BodyAccess`] for request bodies of type `B`. The layer uses it; schemes do not need it.
///
/// Like [`BodyAccess`], the trait is sealed.
pub trait BodyAccessFor<B>: BodyAccess {
    /// The body type that the inner service gets.
    type Body;

    /// The future that reads as much of the body as must be verified before the layer calls the inner service.
    type Inspection<I>: Future<Output = Result<(BodyVerdict<I>, Self::Body), BodyError>>;

    /// Returns `true` if a scheme reads bodies and this one is at its end, so that there is nothing to read.
    fn has_ended(body: &B) -> bool;

    /// Wraps a body that no scheme has to check. `has_ended` is the answer that the schemes were told. It is not asked
    /// again, because a body may answer differently each time.
    fn untouched(body: B, has_ended: bool) -> Self::Body;

    /// Checks the `body` of a request with these `headers`.
    fn inspect<I>(check: Self::Check<I>, headers: &HeaderMap, body: B) -> Self::Inspection<I>;

    /// Returns the slot for a callback that is called if the body turns out to be bad after the inner service got it.
    ///
    /// Returns `None` if that cannot happen: the body has already been verified, or it does not need to be.
    fn refusals(body: &mut Self::Body) -> Option<&mut OnRefusal>;
}

/// A callback for a body that is refused after the inner service got it. It is called at most once.
pub type OnRefusal = Option<Box<dyn FnOnce(&BodyError) + Send + Sync>>;

impl<B> BodyAccessFor<B> for BodyUnread {
    type Body = B;
    type Inspection<I> = Pending<Result<(BodyVerdict<I>, B), BodyError>>;

    #[inline]
    fn has_ended(_: &B) -> bool {
        false
    }

    #[inline]
    fn untouched(body: B, _: bool) -> B {
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
