//! The response future of a `RequirePolicyService`.

use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::shared::SharedPolicy;
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

/// A request that waits for the decision of the policy.
pub(super) struct PendingPolicy<S, I, R, B> {
    /// The service that was polled ready.
    pub(super) inner: S,
    pub(super) shared: Arc<SharedPolicy<I, R>>,
    pub(super) answer: NowOrLater<Result<PolicyDecision, Unavailable>>,
    pub(super) deadline: Option<SleepFuture>,
    /// `None` once the policy has decided.
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
        let edits = ();
        let decided = DecisionFuture::Serving { response, edits };
        Self { decided }
    }

    pub(super) fn deciding(held: PendingPolicy<S, I, R, B>) -> Self {
        let held = Box::pin(held);
        let decided = DecisionFuture::Deciding { held };
        Self { decided }
    }
}

/// This type never pins its fields. The two futures among them, [`NowOrLater`] and [`SleepFuture`], are boxed.
impl<S, I, R, B> Unpin for PendingPolicy<S, I, R, B> {}

impl<S, I, R, B> PendingPolicy<S, I, R, B> {
    /// Polls the policy. If it panics, or takes longer than the deadline of the layer around it, the result is `503`.
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<PolicyDecision, Unavailable>> {
        // A panic of the application's policy must not admit the request, and the client and the audit should get an
        // answer. The answer is not polled again after a panic, because this future is then ready.
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
    type Edits = ();

    fn poll_decision(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self> {
        let decision = ready!(self.poll(cx));
        let request = self.request.take().expect("polled after completion");
        let turned_away = self
            .shared
            .refusal_unless_allowed(RequestHead::of(&request), decision);
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
