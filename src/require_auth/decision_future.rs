//! The response future that both services share: it waits for a decision, and then for the inner service.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use pin_project_lite::pin_project;

/// Decides about one request, and holds the request and the inner service until then.
pub(super) trait PollDecision {
    /// The future of the inner service.
    type Serving;
    type Response;
    type Error;
    /// The changes that the layer makes to the response of the inner service.
    type Edits: EditResponse<Self::Response, Self::Error>;

    /// Polls the decision. The caller polls until the decision is ready, and never after that, so an implementation may
    /// move the request out.
    fn poll_decision(self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self>;
}

/// The result of a decision.
pub(super) enum DecisionResult<F, T, A> {
    /// The layer refused the request, and this is the response.
    Answer(T),
    /// The layer called the inner service. These are its future, and the changes to make to its response.
    Serve(F, A),
}

pub(super) type DecisionResultOf<D> = DecisionResult<
    <D as PollDecision>::Serving,
    <D as PollDecision>::Response,
    <D as PollDecision>::Edits,
>;

pub(super) type PolledDecision<D> = Poll<Result<DecisionResultOf<D>, <D as PollDecision>::Error>>;

/// Changes the response of the inner service.
pub(super) trait EditResponse<T, E> {
    fn edit(&mut self, answer: &mut Result<T, E>);
}

/// Leaves the response as it is.
impl<T, E> EditResponse<T, E> for () {
    fn edit(&mut self, _: &mut Result<T, E>) {}
}

pin_project! {
    /// A response in progress.
    ///
    /// `D` makes the decision and is boxed. It holds the whole request, and most decisions need no waiting, so those
    /// futures should not be as large as `D`.
    #[project = DecisionFutureProj]
    pub(super) enum DecisionFuture<F, T, A, D> {
        /// The layer refused the request, and the response is ready. It is `None` once this future has returned it.
        Answered {
            response: Option<T>,
        },
        /// The inner service is working on the response.
        Serving {
            #[pin]
            response: F,
            edits: A,
        },
        /// The decision has to wait.
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
        D: PollDecision<Serving = F, Response = T, Error = E, Edits = A>,
    {
        // The loop polls the next state in the same call. Without it, a future of the inner service that was just
        // created would never be polled, and nothing would wake this task.
        loop {
            let next = match self.as_mut().project() {
                DecisionFutureProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                DecisionFutureProj::Serving { response, edits } => {
                    let mut answer = ready!(response.poll(cx));
                    edits.edit(&mut answer);
                    return Poll::Ready(answer);
                }
                DecisionFutureProj::Deciding { held } => ready!(held.as_mut().poll_decision(cx))?,
            };
            self.set(match next {
                DecisionResult::Answer(response) => Self::answered(response),
                DecisionResult::Serve(response, edits) => Self::Serving { response, edits },
            });
        }
    }
}
