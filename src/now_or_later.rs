//! An answer that is here already, or will be.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use crate::unavailable::Unavailable;

/// The answer to a question that usually needs no waiting.
///
/// Every extension point of this crate answers with a `NowOrLater`. A table in memory answers
/// [`now`](Self::now), which costs no allocation; a database answers [`later`](Self::later), which costs one, beside
/// a round trip. It is a future, so that it can be awaited.
///
/// # Panics
///
/// Like most futures, it panics when it is polled again after it has answered.
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
/// assert!(length("/elsewhere").try_now().is_err(), "that one has to be awaited");
/// ```
#[must_use = "it may hold a future, which does nothing unless polled"]
pub struct NowOrLater<T>(AnswerState<T>);

enum AnswerState<T> {
    Now(Option<T>),
    Later(Pin<Box<dyn Future<Output = T> + Send>>),
}

impl<T> NowOrLater<T> {
    /// Answers with `value`.
    #[inline]
    pub const fn now(value: T) -> Self {
        Self(AnswerState::Now(Some(value)))
    }

    /// Answers when `future` does.
    pub fn later(future: impl Future<Output = T> + Send + 'static) -> Self {
        Self(AnswerState::Later(Box::pin(future)))
    }

    /// The value, if it is here.
    ///
    /// # Errors
    ///
    /// Hands the answer back if it has to be awaited.
    #[inline]
    pub fn try_now(self) -> Result<T, Self> {
        match self.0 {
            AnswerState::Now(Some(value)) => Ok(value),
            other => Err(Self(other)),
        }
    }

    /// Applies `f` to the value: now, if it is here now.
    #[inline]
    pub fn map<U>(self, f: impl FnOnce(T) -> U + Send + 'static) -> NowOrLater<U>
    where
        T: 'static,
    {
        match self.0 {
            AnswerState::Now(value) => NowOrLater(AnswerState::Now(value.map(f))),
            AnswerState::Later(future) => NowOrLater::later(async move { f(future.await) }),
        }
    }

    /// Asks the next question with the value: now, if it is here now.
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

    /// Polls with `cx`, or without one answers only what is here now.
    #[inline]
    pub(crate) fn poll_with(&mut self, cx: Option<&mut Context<'_>>) -> Poll<T> {
        match (&mut self.0, cx) {
            (AnswerState::Now(value), _) => {
                Poll::Ready(value.take().expect("polled after completion"))
            }
            (AnswerState::Later(future), Some(cx)) => future.as_mut().poll(cx),
            (AnswerState::Later(_), None) => Poll::Pending,
        }
    }
}

impl<T> Future for NowOrLater<T> {
    type Output = T;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<T> {
        self.poll_with(Some(cx))
    }
}

/// The value is only ever moved out, never pinned.
impl<T> Unpin for NowOrLater<T> {}

impl<T: fmt::Debug> fmt::Debug for NowOrLater<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            AnswerState::Now(value) => f.debug_tuple("Now").field(value).finish(),
            AnswerState::Later(_) => f.debug_tuple("Later").finish_non_exhaustive(),
        }
    }
}

/// What a closure may answer with in the place of a [`NowOrLater`]: the value itself, if it is here and cannot fail; a
/// `Result`, if it can; or a [`NowOrLater`] of that.
pub trait IntoAnswer {
    /// What is answered when it goes well.
    type ParamValue;

    /// The full form.
    ///
    /// # Errors
    ///
    /// The answer is an error when there is none to be had.
    fn into_answer(self) -> NowOrLater<Result<Self::ParamValue, Unavailable>>;
}

/// Answers with itself.
macro_rules! answers_with_itself {
    ($($type:ty $(, $param:ident)?;)*) => {$(
        impl$(<$param>)? IntoAnswer for $type {
            type ParamValue = Self;

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
    type ParamValue = T;

    fn into_answer(self) -> NowOrLater<Self> {
        NowOrLater::now(self)
    }
}

impl<T> IntoAnswer for NowOrLater<Result<T, Unavailable>> {
    type ParamValue = T;

    fn into_answer(self) -> Self {
        self
    }
}
