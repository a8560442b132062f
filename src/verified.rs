//! What does a verifier find out about a secret?

use crate::derives::shows;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::unavailable::Unavailable;

/// Who a password or a token identifies, or why it identifies no one.
pub type Verified<I> = Result<I, Unverified>;

/// A [`Verified`], now or later; an error when it cannot be known.
pub type VerifiedNowOrLater<I> = NowOrLater<Result<Verified<I>, Unavailable>>;

/// A secret is wrong. The verifier may say why, for the audit alone: no client and no renderer hears it.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Bearer;
/// use tower_challenge::{Principal, Secret, Unverified, Verified};
///
/// fn whose(token: Secret<'_>) -> Verified<Principal> {
///     match token.matches("last year's") {
///         true => Err(Unverified::because("the token has expired")),
///         false => Err(Unverified::default()),
///     }
/// }
/// assert!(Bearer::new("files", whose).is_ok());
/// assert_eq!(whose(Secret::new("last year's")).unwrap_err().why(), Some("the token has expired"));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Unverified {
    why: Option<&'static str>,
}

impl Unverified {
    /// Says why. The text comes from the source code and never from the client, so that it can be logged and counted.
    #[must_use]
    pub const fn because(why: &'static str) -> Self {
        Self { why: Some(why) }
    }

    /// Why, if the verifier says so.
    #[must_use]
    pub const fn why(&self) -> Option<&'static str> {
        self.why
    }
}

/// Verifies secrets with an `async` function.
///
/// For passwords, [`password::verify_async`](crate::password::verify_async) makes one. For tokens,
/// `scheme::bearer::verify_async` does (feature `bearer`).
#[derive(Clone, Copy)]
pub struct AsyncVerifier<F>(F);

impl<F> AsyncVerifier<F> {
    pub(crate) const fn new(function: F) -> Self {
        Self(function)
    }

    pub(crate) const fn function(&self) -> &F {
        &self.0
    }
}

shows! { impl[F] AsyncVerifier[F] as self {} }

/// What the functions of an application may say of a secret: an `Option`, or a [`Verified`].
pub trait IntoVerified {
    /// Who a right secret identifies.
    type Identity;

    /// In its full form.
    ///
    /// # Errors
    ///
    /// The secret is wrong.
    fn into_verified(self) -> Verified<Self::Identity>;
}

impl<I> IntoVerified for Option<I> {
    type Identity = I;

    fn into_verified(self) -> Verified<I> {
        self.ok_or(Unverified::default())
    }
}

impl<I> IntoVerified for Verified<I> {
    type Identity = I;

    fn into_verified(self) -> Self {
        self
    }
}

/// A [`Verified`] that is here already.
impl<I> IntoAnswer for Verified<I> {
    type ParamValue = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}

/// Brings the answer of an application's function into its full form.
pub(crate) fn verification<A>(
    answer: A,
) -> VerifiedNowOrLater<<A::ParamValue as IntoVerified>::Identity>
where
    A: IntoAnswer<ParamValue: IntoVerified + 'static>,
{
    let answer = answer.into_answer();
    answer.map(|verified| verified.map(IntoVerified::into_verified))
}
