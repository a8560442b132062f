//! How does the response of a `RequireAuthService` come about?

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::BodyFor;
use super::decision_future::{
    DecisionFuture, DecisionResult, DecisionResultOf, PollDecision, PolledDecision,
};
use super::flow::RequestFlow;
use super::late_refusal::LateRefusal;
use super::response_edits::ResponseEdits;
use super::shared::SharedLayer;
use super::stage::{FlowDecision, InspectionOf, WaitContext};
use crate::clock::SleepFuture;
use crate::derives::shows;
use crate::reason::RefusalReason;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{Admission, BodyAccessFor, Scheme};

pin_project! {
    /// Response future of [`RequireAuthService`](super::RequireAuthService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, A, R, B>
    where
        A: Scheme,
        A::BodyAccess: BodyAccessFor<B>,
        S: Service<Request<BodyFor<A, B>>>,
    {
        #[pin]
        decided: DecisionFuture<S::Future, S::Response, ResponseEdits<A, R>, PendingDecision<S, A, R, B>>,
    }
}

impl<S, A, R, B> ResponseFuture<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    pub(super) const fn answered(response: S::Response) -> Self {
        let decided = DecisionFuture::answered(response);
        Self { decided }
    }

    pub(super) const fn serving(response: S::Future, after: ResponseEdits<A, R>) -> Self {
        let decided = DecisionFuture::Serving { response, after };
        Self { decided }
    }

    pub(super) fn deciding(held: PendingDecision<S, A, R, B>) -> Self {
        let held = Box::pin(held);
        let decided = DecisionFuture::Deciding { held };
        Self { decided }
    }
}

pin_project! {
    /// What is held until there is a decision.
    pub(super) struct PendingDecision<S, A, R, B>
    where
        A: Scheme,
        A::BodyAccess: BodyAccessFor<B>,
    {
        // The service that was polled ready; or, once a body was waited for, a clone that was not.
        inner: S,
        is_ready: bool,
        shared: Arc<SharedLayer<A, R>>,
        flow: RequestFlow<A, B>,
        deadline: Option<SleepFuture>,
        head: Request<()>,
        body: Option<B>,
        #[pin]
        inspection: Option<InspectionOf<A, B>>,
        // Decided to serve, with or without an identity, while the service becomes ready again.
        serves: Option<Option<Admission<A::Identity>>>,
    }
}

impl<S, A, R, B> PendingDecision<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
{
    pub(super) fn new(
        inner: S,
        shared: &Arc<SharedLayer<A, R>>,
        flow: RequestFlow<A, B>,
        request: Request<B>,
    ) -> Self {
        let (head, body) = request.into_parts();
        Self {
            inner,
            is_ready: true,
            shared: Arc::clone(shared),
            deadline: shared.rules.sleep().filter(|_| !flow.is_reading()),
            flow,
            head: Request::from_parts(head, ()),
            body: Some(body),
            inspection: None,
            serves: None,
        }
    }

    /// A decision that waits too long is none. The time that a body takes does not count.
    fn poll_step(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<FlowDecision<A>>
    where
        S: Clone,
    {
        let this = self.project();
        let (rules, head) = (&this.shared.rules, RequestHead::of(this.head));
        let waiting = WaitContext {
            cx,
            body: this.body,
            inspection: this.inspection,
        };
        let had_read = this.flow.has_read();
        if let Poll::Ready(step) = this.flow.poll(rules, head, Some(waiting)) {
            return Poll::Ready(step);
        }
        if this.flow.is_reading() || this.flow.has_read() != had_read {
            *this.deadline = None;
        }
        if this.flow.is_reading() {
            // Gives back what the inner service reserved when it was polled ready: a client that sends a body slowly is to
            // hold nothing but its own request.
            if *this.is_ready {
                *this.inner = this.inner.clone();
                *this.is_ready = false;
            }
            return Poll::Pending;
        }
        *this.deadline = this.deadline.take().or_else(|| rules.sleep());
        let Some(deadline) = this.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(FlowDecision::Deny(this.flow.give_up(rules, head)))
    }

    /// Watches over a body that is verified while the inner service reads it.
    fn watch(
        &self,
        admission: Option<&Admission<A::Identity>>,
        body: &mut BodyFor<A, B>,
        head: &Request<()>,
    ) -> Option<Box<LateRefusal>> {
        let (admission, slot) = (admission?, A::BodyAccess::refusals(body)?);
        let (arrived, identity) = (self.flow.arrived(), admission.identity());
        let late = LateRefusal::watch(slot, &self.shared.rules, head, arrived, identity);
        Some(Box::new(late))
    }
}

impl<S, A, R, B, ResBody> PollDecision for PendingDecision<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
    R: Respond<ResBody>,
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
{
    type Serving = S::Future;
    type Response = S::Response;
    type Error = S::Error;
    type ResponseEdits = ResponseEdits<A, R>;

    fn poll_decision(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self> {
        if self.serves.is_none() {
            *self.as_mut().project().serves = match ready!(self.as_mut().poll_step(cx)) {
                FlowDecision::Deny(denial) => return Poll::Ready(Ok(self.deny(denial))),
                FlowDecision::Pass => Some(None),
                FlowDecision::Admit(admission) => Some(Some(admission)),
            };
        }
        let this = self.as_mut().project();
        if !*this.is_ready {
            ready!(this.inner.poll_ready(cx))?;
            *this.is_ready = true;
        }
        Poll::Ready(Ok(self.serve()))
    }
}

impl<S, A, R, B> PendingDecision<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
{
    fn deny<ResBody>(&self, denial: Denial) -> DecisionResultOf<Self>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    {
        let response = self.shared.render(denial, RequestHead::of(&self.head));
        DecisionResult::Answer(response)
    }

    fn serve<ResBody>(mut self: Pin<&mut Self>) -> DecisionResultOf<Self>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    {
        let this = self.as_mut().project();
        let untouched = || this.body.take().map(A::BodyAccess::untouched);
        let Some(mut body) = this.flow.take_read().or_else(untouched) else {
            return self.deny(self.shared.rules.denial(RefusalReason::BodyBroken));
        };
        let (head, admission) = (mem::take(this.head), this.serves.take().flatten());
        let late = self.watch(admission.as_ref(), &mut body, &head);
        let mut request = head.map(|()| body);
        let mut after = match admission {
            Some(admission) => ResponseEdits::admitted(&self.shared, &mut request, admission),
            None => ResponseEdits::passed(&self.shared, &mut request),
        };
        after.late = late;
        DecisionResult::Serve(self.project().inner.call(request), after)
    }
}

impl<S, A, R, B, ResBody> Future for ResponseFuture<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
    R: Respond<ResBody>,
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
{
    type Output = Result<S::Response, S::Error>;

    #[inline]
    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.project().decided.poll(cx)
    }
}

shows! { impl[S, A, R, B] ResponseFuture[S, A, R, B] as self {}
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
    S: Service<Request<BodyFor<A, B>>>,
}
