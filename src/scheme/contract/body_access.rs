//! How much of a request does a scheme read? This is settled at compile time.
//!
//! A stack of [`BodyUnread`] schemes hands the body through untouched: its type does not change. A stack with a scheme in it
//! that verifies bodies (feature `signed-body`) hands on a body of another type, and only such a stack can be asked to
//! read one: for [`BodyUnread`], the check is [`Infallible`].

use std::convert::Infallible;

use super::Admission;

/// How much of a request a scheme has to read. Sealed: [`BodyUnread`], or `SignedBody`.
pub trait BodyAccess: sealed::Sealed + 'static {
    /// What remains to be checked about the body.
    type Check<I>;

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

/// The scheme judges by the method, the target and the header fields.
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
