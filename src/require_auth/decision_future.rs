//! How does a response come about that waits for a decision?

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

/// Comes to a decision about one request, and holds what is needed for it.
pub(super) trait PollDecision {
    /// The future of the inner service.
    type Serving;
    type Response;
    type Error;
    /// What is done to the response of the inner service.
    type ResponseEdits: EditResponse<Self::Response, Self::Error>;

    /// Called until it has decided, and never afterwards.
    fn poll_decision(self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self>;
}

/// What a decision leads to.
pub(super) enum DecisionResult<F, T, A> {
    /// The request was refused.
    Answer(T),
    /// The inner service was called.
    Serve(F, A),
}

pub(super) type DecisionResultOf<D> = DecisionResult<
    <D as PollDecision>::Serving,
    <D as PollDecision>::Response,
    <D as PollDecision>::ResponseEdits,
>;

pub(super) type PolledDecision<D> = Poll<Result<DecisionResultOf<D>, <D as PollDecision>::Error>>;

/// Changes the answer of the inner service.
pub(super) trait EditResponse<T, E> {
    fn amend(&mut self, answer: &mut Result<T, E>);
}

/// Leaves the answer as it is.
impl<T, E> EditResponse<T, E> for () {
    fn amend(&mut self, _: &mut Result<T, E>) {}
}

pin_project! {
    /// A response, as far as it has come. `D` decides, and is boxed, so that a response that need not wait carries none of
    /// it.
    #[project = DecisionFutureProj]
    pub(super) enum DecisionFuture<F, T, A, D> {
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

impl<F, T, A, D> DecisionFuture<F, T, A, D> {
    pub(super) const fn answered(response: T) -> Self {
        let response = Some(response);
        Self::Answered { response }
    }
}

impl<F, T, A, D> DecisionFuture<F, T, A, D> {
    #[inline]
    pub(super) fn poll<E>(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<T, E>>
    where
        F: Future<Output = Result<T, E>>,
        A: EditResponse<T, E>,
        D: PollDecision<Serving = F, Response = T, Error = E, ResponseEdits = A>,
    {
        loop {
            let next = match self.as_mut().project() {
                DecisionFutureProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                DecisionFutureProj::Serving { response, after } => {
                    let mut answer = ready!(response.poll(cx));
                    after.amend(&mut answer);
                    return Poll::Ready(answer);
                }
                DecisionFutureProj::Deciding { held } => ready!(held.as_mut().poll_decision(cx))?,
            };
            self.set(match next {
                DecisionResult::Answer(response) => Self::answered(response),
                DecisionResult::Serve(response, after) => Self::Serving { response, after },
            });
        }
    }
}
