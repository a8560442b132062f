//! The response of a layer that answers some requests itself, and passes all others on.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;
use tower_service::Service;

pin_project! {
    /// A response that the layer has made, or that the inner service makes. `F` is the future of the inner service.
    pub(crate) struct EarlyAnswer<F, R> {
        #[pin]
        state: AnswerState<F, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum AnswerState<F, R> {
        /// `None` once it was returned.
        Answered { answer: Option<R> },
        Passed {
            #[pin]
            response: F,
        },
    }
}

impl<F, R> EarlyAnswer<F, R> {
    /// Responds with `answer`. If there is none, it calls `inner`, which was polled ready.
    pub(crate) fn or_call<S, Q>(answer: Option<R>, inner: &mut S, request: Q) -> Self
    where
        S: Service<Q, Response = R, Future = F> + Clone,
    {
        let state = if answer.is_some() {
            // The ready service may hold a reservation of the inner service until its next call, so it is dropped.
            *inner = inner.clone();
            AnswerState::Answered { answer }
        } else {
            let response = inner.call(request);
            AnswerState::Passed { response }
        };
        Self { state }
    }
}

impl<F, R, E> Future for EarlyAnswer<F, R>
where
    F: Future<Output = Result<R, E>>,
{
    type Output = F::Output;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            StateProj::Answered { answer } => {
                Poll::Ready(Ok(answer.take().expect("polled after completion")))
            }
            StateProj::Passed { response } => response.poll(cx),
        }
    }
}
