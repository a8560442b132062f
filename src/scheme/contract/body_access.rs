//! A type-level choice: does a scheme read the request body, or the head alone?
//!
//! The compiler knows the answer for every scheme. A layer whose schemes all are [`BodyUnread`] passes the body to the
//! inner service unchanged, and the type of the body does not change. A layer with a scheme that verifies bodies
//! (feature `signed-body`) passes on a body of another type. A [`BodyUnread`] scheme cannot ask for the body, because
//! its check has the type [`Infallible`], of which there are no values.

use std::convert::Infallible;

use super::Admission;

/// Says how much of a request a scheme reads: the head alone, or the body as well.
///
/// A scheme names one of the two implementations as its [`Scheme::BodyAccess`](super::Scheme::BodyAccess):
///
/// - [`BodyUnread`], for a scheme that reads the head alone. Basic, Bearer and Digest are such schemes.
/// - `SignedBody` (feature `signed-body`), for a scheme whose credentials cover the body. AWS Signature Version 4 is
///   one.
///
/// The trait is sealed: other crates cannot implement it.
pub trait BodyAccess: sealed::Sealed + 'static {
    /// The check of the body that is still to be done when the scheme has read the head.
    type Check<I>;

    /// Takes the admission out of a check, if the head alone has already identified the caller.
    ///
    /// Returns `None` if the body decides who the caller is. If the head has identified the caller, the layer
    /// settles the throttle and asks the policies first. Then it only compares the body with what was signed.
    fn take_admission<I>(check: &mut Self::Check<I>) -> Option<Admission<I>>;

    /// Converts the identity that a check results in, with `f`.
    fn map_check<I, J>(
        check: Self::Check<I>,
        f: impl FnOnce(I) -> J + Send + 'static,
    ) -> Self::Check<J>
    where
        I: 'static,
        J: 'static;
}

/// The scheme reads the method, the target and the header fields. It does not read the body.
#[derive(Debug)]
pub enum BodyUnread {}

impl BodyAccess for BodyUnread {
    type Check<I> = Infallible;

    fn take_admission<I>(check: &mut Infallible) -> Option<Admission<I>> {
        match *check {}
    }

    fn map_check<I, J>(check: Infallible, _: impl FnOnce(I) -> J + Send + 'static) -> Infallible {
        check
    }
}

pub(in crate::scheme) mod sealed {
    #[expect(unnameable_types, reason = "that is the point of a seal")]
    pub trait Sealed {}

    impl Sealed for super::BodyUnread {}
}
