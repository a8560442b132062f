//! How much of a request a scheme reads, settled at compile time.
//!
//! A stack of [`Head`] schemes hands the body through untouched: its type does not change. A stack with a scheme in it
//! that verifies bodies (feature `signed-body`) hands on a body of another type, and only such a stack can be asked to
//! read one: for [`Head`], the check is [`Infallible`].

use std::convert::Infallible;
use std::future::{Future, Pending};

use http::HeaderMap;

use super::Judgement;
use super::body_refused::BodyRefused;
use super::verdict::Admission;

/// How much of a request a scheme has to read. Sealed: [`Head`], or `SignedBody`.
pub trait Reads: sealed::Sealed + 'static {
    /// What remains to be checked about the body.
    type Check<I>: Send;

    /// Takes the admission out of a check, where the head has verified, and the body only has to be the one that was signed.
    fn take_admission<I>(check: &mut Self::Check<I>) -> Option<Admission<I>>;

    /// Lets `f` turn the identity, once there is one, into another.
    fn map_check<I, J>(
        check: Self::Check<I>,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> Self::Check<J>
    where
        I: 'static,
        J: 'static;
}

/// What a check of a body has come to: a verdict, now or later; or `None`, if the head has admitted the caller, and the body is theirs.
pub type Checked<I> = Option<Judgement<I>>;

/// What [`Reads`] means for bodies of type `B`. Sealed with it.
pub trait ReadsFrom<B>: Reads {
    /// The body that the inner service is handed.
    type Body;

    /// Reads as much of the body as has to be verified before the inner service is called.
    type Inspection<I>: Future<Output = Result<(Checked<I>, Self::Body), BodyRefused>>;

    /// Hands on a body that nobody had to look at.
    fn untouched(body: B) -> Self::Body;

    /// Checks the `body` of the request with these `headers`.
    fn inspect<I>(check: Self::Check<I>, headers: &HeaderMap, body: B) -> Self::Inspection<I>;

    /// Where to leave word for the case that a body, which the inner service has already, turns out to be bad. `None` if
    /// that cannot happen any more.
    fn refusals(body: &mut Self::Body) -> Option<&mut OnRefusal>;
}

/// Is called once, at the most, when a body is refused that the inner service has already.
pub type OnRefusal = Option<Box<dyn FnOnce(&BodyRefused) + Send + Sync>>;

/// The scheme judges by the method, the target and the header fields.
#[derive(Debug)]
pub enum Head {}

impl Reads for Head {
    type Check<I> = Infallible;

    fn take_admission<I>(check: &mut Infallible) -> Option<Admission<I>> {
        match *check {}
    }

    fn map_check<I, J>(check: Infallible, _: impl FnOnce(I) -> J + Send + 'static) -> Infallible {
        check
    }
}

impl<B> ReadsFrom<B> for Head {
    type Body = B;
    type Inspection<I> = Pending<Result<(Checked<I>, B), BodyRefused>>;

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

pub(super) mod sealed {
    #[expect(unnameable_types, reason = "that is the point of a seal")]
    pub trait Sealed {}

    impl Sealed for super::Head {}
}
