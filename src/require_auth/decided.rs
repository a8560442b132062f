//! How does a response come about that waits for a decision?

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

/// Comes to a decision about one request, and holds what is needed for it.
pub(super) trait Decide {
    /// The future of the inner service.
    type Serving;
    type Response;
    type Error;
    /// What is done to the response of the inner service.
    type After: Amend<Self::Response, Self::Error>;

    /// Called until it has decided, and never afterwards.
    fn poll_decision(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Polled<Self>;
}

/// What a decision leads to.
pub(super) enum Next<F, T, A> {
    /// The request was refused.
    Answer(T),
    /// The inner service was called.
    Serve(F, A),
}

pub(super) type NextOf<D> =
    Next<<D as Decide>::Serving, <D as Decide>::Response, <D as Decide>::After>;

pub(super) type Polled<D> = Poll<Result<NextOf<D>, <D as Decide>::Error>>;

/// Changes the answer of the inner service.
pub(super) trait Amend<T, E> {
    fn amend(&mut self, answer: &mut Result<T, E>);
}

/// Leaves the answer as it is.
impl<T, E> Amend<T, E> for () {
    fn amend(&mut self, _: &mut Result<T, E>) {}
}

pin_project! {
    /// A response, as far as it has come. `D` decides, and is boxed, so that a response that need not wait carries none of
    /// it.
    #[project = DecidedProj]
    pub(super) enum Decided<F, T, A, D> {
        /// Refused at once.
        Answered {
            response: Option<T>,
        },
        /// The inner service works.
        Serving {
            #[pin]
            response: F,
            after: A,
        },
        /// The decision waits.
        Deciding {
            held: Pin<Box<D>>,
        },
    }
}

impl<F, T, A, D> Decided<F, T, A, D> {
    pub(super) const fn answered(response: T) -> Self {
        let response = Some(response);
        Self::Answered { response }
    }
}

impl<F, T, A, D> Decided<F, T, A, D> {
    #[inline]
    pub(super) fn poll<E>(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        A: Amend<T, E>,
        D: Decide<Serving = F, Response = T, Error = E, After = A>,
    {
        loop {
            let next = match self.as_mut().project() {
                DecidedProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                DecidedProj::Serving { response, after } => {
                    let mut answer = ready!(response.poll(cx));
                    after.amend(&mut answer);
                    return Poll::Ready(answer);
                }
                DecidedProj::Deciding { held } => ready!(held.as_mut().poll_decision(cx))?,
            };
            self.set(match next {
                Next::Answer(response) => Self::answered(response),
                Next::Serve(response, after) => Self::Serving { response, after },
            });
        }
    }
}
