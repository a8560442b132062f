//! An answer that is ready now, or that a future will give later.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::unavailable::Unavailable;

/// An answer that is ready now, or that a future will give later.
///
/// Every extension point of this crate returns a `NowOrLater`. A table in memory answers with [`now`](Self::now), which
/// costs no allocation. A database answers with [`later`](Self::later), which costs one allocation beside the round
/// trip.
///
/// It is a future, so a caller can also await it.
///
/// # Panics
///
/// Like most futures, it panics when its owner polls it again after it has answered.
///
/// # Example
///
/// ```
/// use tower_challenge::NowOrLater;
///
/// fn length(path: &'static str) -> NowOrLater<usize> {
///     match path {
///         "/known" => NowOrLater::now(6),
///         _ => NowOrLater::later(async move { path.len() }),
///     }
/// }
///
/// assert_eq!(length("/known").try_now().ok(), Some(6));
/// assert!(length("/elsewhere").try_now().is_err(), "the caller has to await this answer");
/// ```
#[must_use = "it may hold a future, which does nothing unless polled"]
pub struct NowOrLater<T>(AnswerState<T>);

enum AnswerState<T> {
    Now(Option<T>),
    Later(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T> NowOrLater<T> {
    /// Answers now, with `value`.
    #[inline]
    pub const fn now(value: T) -> Self {
        Self(AnswerState::Now(Some(value)))
    }

    /// Answers later, with the output of `future`. It boxes the future, which costs one allocation.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(AnswerState::Later(Box::pin(future)))
    }

    /// Returns the value, if it is ready now.
    ///
    /// # Errors
    ///
    /// Returns the answer itself if the caller has to await it.
    #[inline]
    pub fn try_now(self) -> Result<T, Self> {
        match self.0 {
            AnswerState::Now(Some(value)) => Ok(value),
            other => Err(Self(other)),
        }
    }

    /// Applies `f` to the value. If the value is ready now, `f` runs now; otherwise it runs when the future has
    /// answered.
    #[inline]
    pub fn map<U>(self, f: impl FnOnce(T) -> U + Send + 'static) -> NowOrLater<U>
    where
        T: 'static,
    {
        match self.0 {
            AnswerState::Now(Some(value)) => NowOrLater::now(f(value)),
            AnswerState::Now(None) => NowOrLater(AnswerState::Now(None)),
            AnswerState::Later(future) => NowOrLater::later(async move { f(future.await) }),
        }
    }

    /// Passes the value to `f`, which gives the next answer. If the value is ready now, `f` runs now; otherwise it runs
    /// when the future has answered.
    ///
    /// For example, a verifier first looks up an account, and then compares the password with the account's hash.
    #[inline]
    pub fn and_then<U>(self, f: impl FnOnce(T) -> NowOrLater<U> + Send + 'static) -> NowOrLater<U>
    where
        T: 'static,
        U: Send,
    {
        match self.0 {
            AnswerState::Now(Some(value)) => f(value),
            AnswerState::Now(None) => NowOrLater(AnswerState::Now(None)),
            AnswerState::Later(future) => NowOrLater::later(async move { f(future.await).await }),
        }
    }

    /// Polls the answer, as [`Future::poll`] does.
    #[inline]
    pub(crate) fn poll_unpin(&mut self, cx: &mut Context<'_>) -> Poll<T> {
        match &mut self.0 {
            AnswerState::Now(value) => Poll::Ready(value.take().expect("polled after completion")),
            AnswerState::Later(future) => future.as_mut().poll(cx),
        }
    }
}

impl<T> Future for NowOrLater<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.poll_unpin(cx)
    }
}

/// A `NowOrLater` may move between polls: it never pins a value that is ready, and it pins a future in a box.
impl<T> Unpin for NowOrLater<T> {}

impl<T: fmt::Debug> fmt::Debug for NowOrLater<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AnswerState::Now(value) => f.debug_tuple("Now").field(value).finish(),
            AnswerState::Later(_) => f.debug_tuple("Later").finish_non_exhaustive(),
        }
    }
}

/// Converts the return value of an application's closure into a [`NowOrLater`].
///
/// The closure may return the plain value, if it always has one at once. It may return a `Result` with [`Unavailable`],
/// if it can fail; or a [`NowOrLater`] of such a `Result`, if it has to wait. For example, a policy may return `bool`.
///
/// A future is not an answer by itself. [`NowOrLater::later`] makes one of it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not an answer of a verifier, a policy or a look-up",
    note = "wrap an `async` function that verifies in `password::verify_async(..)` or `bearer::verify_async(..)`",
    note = "elsewhere, return `NowOrLater::later(future)`, where the future owns its values (an `async move` block)",
    note = "an answer that can fail, and that of `later`, is a `Result<_, Unavailable>`: convert the error with `.map_err(Unavailable::new)`"
)]
pub trait IntoAnswer {
    /// The value of an answer that is not an error.
    type Value;

    /// Converts into the full form of an answer.
    ///
    /// # Errors
    ///
    /// The answer is [`Unavailable`] when the closure could not decide.
    fn into_answer(self) -> NowOrLater<Result<Self::Value, Unavailable>>;
}

/// Implements [`IntoAnswer`] for types whose value is itself the answer.
macro_rules! answers_with_itself {
    ($($type:ty $(, $param:ident)?;)*) => {$(
        impl$(<$param>)? IntoAnswer for $type {
            type Value = Self;

            fn into_answer(self) -> NowOrLater<Result<Self, Unavailable>> {
                NowOrLater::now(Ok(self))
            }
        }
    )*};
}

answers_with_itself! {
    bool;
    Option<T>, T;
}

impl<T> IntoAnswer for Result<T, Unavailable> {
    type Value = T;

    fn into_answer(self) -> NowOrLater<Self> {
        NowOrLater::now(self)
    }
}

impl<T> IntoAnswer for NowOrLater<Result<T, Unavailable>> {
    type Value = T;

    fn into_answer(self) -> Self {
        self
    }
}
