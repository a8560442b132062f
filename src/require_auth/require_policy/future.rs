//! How does the response of a `RequirePolicyService` come about?

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::shared::{SharedPolicy, conclude};
use crate::clock::SleepFuture;
use crate::derives::shows;
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::request_head::RequestHead;
use crate::require_auth::decision_future::{
    DecisionFuture, DecisionResult, PollDecision, PolledDecision,
};
use crate::require_auth::deny::{out_of_time, panicked};
use crate::respond::Respond;
use crate::unavailable::Unavailable;

pin_project! {
    /// Response future of [`RequirePolicyService`](super::RequirePolicyService).
    #[must_use = "futures do nothing unless polled"]
    pub struct RequirePolicyFuture<S, I, R, B>
    where
        S: Service<Request<B>>,
    {
        #[pin]
        decided: DecisionFuture<S::Future, S::Response, (), PendingPolicy<S, I, R, B>>,
    }
}

/// What is held until there is a decision.
pub(super) struct PendingPolicy<S, I, R, B> {
    /// The service that was polled ready.
    pub(super) inner: S,
    pub(super) shared: Arc<SharedPolicy<I, R>>,
    pub(super) answer: NowOrLater<Result<PolicyDecision, Unavailable>>,
    pub(super) deadline: Option<SleepFuture>,
    /// There until it is decided.
    pub(super) request: Option<Request<B>>,
}

impl<S, I, R, B> RequirePolicyFuture<S, I, R, B>
where
    S: Service<Request<B>>,
{
    pub(super) const fn answered(response: S::Response) -> Self {
        let decided = DecisionFuture::answered(response);
        Self { decided }
    }

    pub(super) const fn serving(response: S::Future) -> Self {
        let after = ();
        let decided = DecisionFuture::Serving { response, after };
        Self { decided }
    }

    pub(super) fn deciding(held: PendingPolicy<S, I, R, B>) -> Self {
        let held = Box::pin(held);
        let decided = DecisionFuture::Deciding { held };
        Self { decided }
    }
}

/// Nothing in it is pinned.
impl<S, I, R, B> Unpin for PendingPolicy<S, I, R, B> {}

impl<S, I, R, B> PendingPolicy<S, I, R, B> {
    /// A policy that panics has decided nothing, nor has one that takes longer than the layer around allows: `503`.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<PolicyDecision, Unavailable>> {
        let poll = AssertUnwindSafe(|| Pin::new(&mut self.answer).poll(cx));
        let poll = catch_unwind(poll).unwrap_or_else(|_| Poll::Ready(Err(panicked())));
        if let (Poll::Pending, Some(deadline)) = (&poll, &mut self.deadline) {
            ready!(deadline.as_mut().poll(cx));
            return Poll::Ready(Err(out_of_time()));
        }
        poll
    }
}

impl<S, I, R, B, ResBody> PollDecision for PendingPolicy<S, I, R, B>
where
    I: Send + Sync + 'static,
    R: Respond<ResBody>,
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Serving = S::Future;
    type Response = S::Response;
    type Error = S::Error;
    type ResponseEdits = ();

    fn poll_decision(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self> {
        let decision = ready!(self.poll(cx));
        let request = self.request.take().expect("there until it is decided");
        let turned_away = conclude(RequestHead::of(&request), decision);
        Poll::Ready(Ok(match turned_away {
            None => DecisionResult::Serve(self.inner.call(request), ()),
            Some(refusal) => DecisionResult::Answer(self.shared.answer(refusal, request)),
        }))
    }
}

impl<S, I, R, B, ResBody> Future for RequirePolicyFuture<S, I, R, B>
where
    I: Send + Sync + 'static,
    R: Respond<ResBody>,
    S: Service<Request<B>, Response = Response<ResBody>>,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().decided.poll(cx)
    }
}

shows! { impl[S, I, R, B] RequirePolicyFuture[S, I, R, B] as self {}
where
    S: Service<Request<B>>,
}
