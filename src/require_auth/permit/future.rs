//! The response, in the making.

use std::fmt;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::service::{Decided, Shared, conclude};
use crate::now_or_later::NowOrLater;
use crate::request_head::RequestHead;
use crate::require_auth::view::panicked;
use crate::respond::Respond;

pin_project! {
    /// Response future of [`PermitService`](super::PermitService).
    #[must_use = "futures do nothing unless polled"]
    pub struct PermitFuture<S, I, R, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        stage: Stage<S, I, R, B>,
    }
}

pin_project! {
    /// How far a response has come.
    #[project = StageProj]
    enum Stage<S, I, R, B>
    where
        S: Service<Request<B>>,
    {
        /// Refused.
        Answered {
            response: Option<S::Response>,
        },
        /// The inner service works.
        Serving {
            #[pin]
            response: S::Future,
        },
        /// The policy waits.
        Deciding {
            held: Option<Box<Held<S, I, R, B>>>,
        },
    }
}

/// What is held until there is a decision. Boxed, so that a response that need not wait carries none of it.
pub(super) struct Held<S, I, R, B> {
    /// The service that was polled ready.
    pub(super) inner: S,
    pub(super) shared: Arc<Shared<I, R>>,
    pub(super) answer: NowOrLater<Decided>,
    pub(super) request: Request<B>,
}

impl<S, I, R, B> PermitFuture<S, I, R, B>
where
    S: Service<Request<B>>,
{
    pub(super) const fn answered(response: S::Response) -> Self {
        let response = Some(response);
        let stage = Stage::Answered { response };
        Self { stage }
    }

    pub(super) const fn serving(response: S::Future) -> Self {
        let stage = Stage::Serving { response };
        Self { stage }
    }

    pub(super) fn deciding(held: Held<S, I, R, B>) -> Self {
        let held = Some(Box::new(held));
        let stage = Stage::Deciding { held };
        Self { stage }
    }
}

impl<S, I, R, B> Held<S, I, R, B> {
    /// A policy that panics has decided nothing: `503`.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Decided> {
        let poll = AssertUnwindSafe(|| Pin::new(&mut self.answer).poll(cx));
        catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Err(panicked())))
    }

    fn follow<ResBody>(mut self, decision: Decided) -> Stage<S, I, R, B>
    where
        I: Send + Sync + 'static,
        R: Respond<ResBody>,
        S: Service<Request<B>, Response = Response<ResBody>>,
    {
        match conclude(RequestHead::of(&self.request), decision) {
            None => Stage::Serving {
                response: self.inner.call(self.request),
            },
            Some(refusal) => Stage::Answered {
                response: Some(self.shared.answer(refusal, self.request)),
            },
        }
    }
}

impl<S, I, R, B, ResBody> Future for PermitFuture<S, I, R, B>
where
    I: Send + Sync + 'static,
    R: Respond<ResBody>,
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                StageProj::Serving { response } => return response.poll(cx),
                StageProj::Deciding { held } => {
                    let waiting = held.as_mut().expect("held until decided");
                    let decision = ready!(waiting.poll(cx));
                    let held = held.take().expect("held until decided");
                    held.follow(decision)
                }
            };
            stage.set(next);
        }
    }
}

impl<S, I, R, B> fmt::Debug for PermitFuture<S, I, R, B>
where
    S: Service<Request<B>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PermitFuture").finish_non_exhaustive()
    }
}
