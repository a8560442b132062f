//! How much of a request a scheme reads, settled at compile time.
//!
//! A stack of [`Head`] schemes hands the body through untouched: its type does not change. A stack with a whole-body
//! scheme in it (feature `whole-body`) hands on a body that can be played back, and only such a stack can be asked to
//! read one: for [`Head`], the check is [`Infallible`].

use std::convert::Infallible;
use std::error::Error;
use std::fmt;
use std::future::{Future, Pending};

use super::verdict::Verdict;

/// How much of a request a scheme has to read. Sealed: [`Head`], or the whole body.
pub trait Reads: sealed::Sealed + 'static {
    /// What remains to be checked once the body is there.
    type Check<I>: Send;

    /// Lets `f` turn the identity into another once the check is done.
    fn map_check<I, J>(
        check: Self::Check<I>,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> Self::Check<J>
    where
        I: 'static,
        J: 'static;
}

/// What [`Reads`] means for bodies of type `B`. Sealed with it.
pub trait ReadsFrom<B>: Reads {
    /// The body that the inner service is handed.
    type Body;

    /// Reads the body and finishes the check.
    type Inspection<I>: Future<Output = Result<(Verdict<I>, Self::Body), BodyUnreadable>>;

    /// Hands on a body that nobody had to look at.
    fn untouched(body: B) -> Self::Body;

    /// Reads `body`, then finishes `check`.
    fn inspect<I>(check: Self::Check<I>, body: B) -> Self::Inspection<I>;
}

/// The scheme judges by the method, the target and the header fields.
#[derive(Debug)]
pub enum Head {}

impl Reads for Head {
    type Check<I> = Infallible;

    fn map_check<I, J>(check: Infallible, _: impl FnOnce(I) -> J + Send + 'static) -> Infallible {
        check
    }
}

impl<B> ReadsFrom<B> for Head {
    type Body = B;
    type Inspection<I> = Pending<Result<(Verdict<I>, B), BodyUnreadable>>;

    #[inline]
    fn untouched(body: B) -> B {
        body
    }

    fn inspect<I>(check: Infallible, _: B) -> Self::Inspection<I> {
        match check {}
    }
}

/// Why a body could not be read for a check.
#[derive(Debug)]
#[non_exhaustive]
pub enum BodyUnreadable {
    /// It is longer than the check allows: `413`.
    TooLong,
    /// It broke off, or could not be decoded: `400`.
    Broken(Box<dyn Error + Send + Sync>),
}

impl fmt::Display for BodyUnreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TooLong => "the request body is longer than may be read",
            Self::Broken(_) => "the request body broke off",
        })
    }
}

impl Error for BodyUnreadable {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Self::TooLong => None,
            Self::Broken(error) => Some(&**error),
        }
    }
}

pub(super) mod sealed {
    #[expect(unnameable_types, reason = "that is the point of a seal")]
    pub trait Sealed {}

    impl Sealed for super::Head {}
}
