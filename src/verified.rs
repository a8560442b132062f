//! What does a verifier find out about a secret?

use crate::derives::shows;
use crate::now_or_later::{IntoAnswer, NowOrLater};
use crate::reason::ReasonText;
use crate::unavailable::Unavailable;

/// The result of verifying a password or a token: the identity that it proves, or the reason why it is wrong.
pub type Verified<I> = Result<I, VerifyFailure>;

/// A [`Verified`] that is ready now or later. It is an error when the verifier cannot tell whether the secret is right.
pub type VerifiedNowOrLater<I> = NowOrLater<Result<Verified<I>, Unavailable>>;

/// Says that a secret is wrong.
///
/// The verifier may say why. Only the audit receives that text; no client and no renderer does.
///
/// # Example
///
/// ```
/// use tower_challenge::scheme::Bearer;
/// use tower_challenge::{Principal, Secret, VerifyFailure, Verified};
///
/// fn whose(token: Secret<'_>) -> Verified<Principal> {
///     match token.matches("last year's") {
///         true => Err(VerifyFailure::because("the token has expired")),
///         false => Err(VerifyFailure::default()),
///     }
/// }
/// assert!(Bearer::new("files", whose).is_ok());
/// assert_eq!(whose(Secret::new("last year's")).unwrap_err().why(), Some("the token has expired"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerifyFailure {
    // The text is empty if the verifier gave none. An `Option` would make this type larger, and every answer of a
    // verifier contains it.
    why: ReasonText,
    counts: bool,
}

impl VerifyFailure {
    /// Says that a secret is wrong, and why.
    ///
    /// The text is a constant of the source code and never comes from the client, so an operator can safely log and
    /// count it.
    #[must_use]
    pub const fn because(why: &'static str) -> Self {
        Self::for_reason(ReasonText::Uncoded(why))
    }

    /// Says that a secret is wrong, for a reason with a code.
    pub(crate) const fn for_reason(why: ReasonText) -> Self {
        Self { why, counts: true }
    }

    /// Tells the [throttle](crate::throttle) to return the attempt without counting a failure. The response to the client
    /// stays the same.
    ///
    /// Use it when the client did not guess: the secret is a real one, and may not be used now. For example, a client learns
    /// from the `401` that its token has expired, and gets a new one. If such failures counted, they would in time refuse
    /// every client of the same address. Never use it for a secret that an attacker could have made up.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::VerifyFailure;
    ///
    /// let expired = VerifyFailure::because("the token has expired").uncounted();
    /// assert!(!expired.counts());
    /// assert!(VerifyFailure::because("no such token").counts());
    /// ```
    #[must_use]
    pub const fn uncounted(mut self) -> Self {
        self.counts = false;
        self
    }

    /// Returns whether a throttle counts the failure. The default is that it does.
    #[must_use]
    pub const fn counts(&self) -> bool {
        self.counts
    }

    /// Returns the reason, if the verifier gave one.
    #[must_use]
    pub const fn why(&self) -> Option<&'static str> {
        match self.reason_text() {
            Some(why) => Some(why.text()),
            None => None,
        }
    }

    /// Returns the stable code of the reason, if the verifier is one of this crate and gave a reason. For example,
    /// `jwt_expired`. See [`AuditEvent::code`](crate::audit::AuditEvent::code).
    #[must_use]
    pub const fn code(&self) -> Option<&'static str> {
        self.why.code()
    }

    /// Returns the reason with its code, if the verifier gave one.
    pub(crate) const fn reason_text(&self) -> Option<ReasonText> {
        match self.why.text().is_empty() {
            true => None,
            false => Some(self.why),
        }
    }
}

/// Gives no reason.
impl Default for VerifyFailure {
    fn default() -> Self {
        Self::because("")
    }
}

/// Verifies secrets with an `async` function.
///
/// For passwords, [`password::verify_async`](crate::password::verify_async) makes such a verifier. For tokens,
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

/// Converts the answer of an application's verifier function into a [`Verified`].
///
/// The function may return an `Option`, where `None` means that the secret is wrong, or a [`Verified`], which can also
/// say why.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not say who the caller is",
    note = "a verifier returns an `Option` of the identity, for example `is_right.then(|| Principal::new(user))`"
)]
pub trait IntoVerified {
    /// The identity that a right secret proves.
    type Identity;

    /// Converts into a [`Verified`].
    ///
    /// # Errors
    ///
    /// Returns [`VerifyFailure`] when the secret is wrong.
    fn into_verified(self) -> Verified<Self::Identity>;
}

impl<I> IntoVerified for Option<I> {
    type Identity = I;

    fn into_verified(self) -> Verified<I> {
        self.ok_or(VerifyFailure::default())
    }
}

impl<I> IntoVerified for Verified<I> {
    type Identity = I;

    fn into_verified(self) -> Self {
        self
    }
}

/// A [`Verified`] is an answer that is ready now.
impl<I> IntoAnswer for Verified<I> {
    type Value = Self;

    fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
        NowOrLater::now(Ok(self))
    }
}

/// Converts every form of answer that a verifier function may return into a [`VerifiedNowOrLater`].
pub(crate) fn verification<A>(answer: A) -> VerifiedNowOrLater<<A::Value as IntoVerified>::Identity>
where
    A: IntoAnswer<Value: IntoVerified + 'static>,
{
    let answer = answer.into_answer();
    answer.map(|verified| verified.map(IntoVerified::into_verified))
}
