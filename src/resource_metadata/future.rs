//! The response future of the layer.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll};

use pin_project_lite::pin_project;

use crate::derives::shows;

pin_project! {
    /// Response future of [`WithResourceMetadata`](super::WithResourceMetadata).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResourceMetadataFuture<F, R> {
        #[pin]
        state: FutureState<F, R>,
    }
}

pin_project! {
    #[project = StateProj]
    enum FutureState<F, R> {
        /// `None` once it was returned.
        Answered { answer: Option<R> },
        Passed {
            #[pin]
            response: F,
        },
    }
}

impl<F, R> ResourceMetadataFuture<F, R> {
    pub(super) const fn answered(answer: R) -> Self {
        let answer = Some(answer);
        Self {
            state: FutureState::Answered { answer },
        }
    }

    pub(super) const fn passed(response: F) -> Self {
        Self {
            state: FutureState::Passed { response },
        }
    }
}

impl<F, R, E> Future for ResourceMetadataFuture<F, R>
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

shows! { impl[F, R] ResourceMetadataFuture[F, R] as self {} }
