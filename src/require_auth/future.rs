//! The response future of a `RequireAuthService`.

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
use super::deny::panicked;
use super::flow::RequestFlow;
use super::late_refusal::LateRefusal;
use super::response_edits::ResponseEdits;
use super::shared::SharedLayer;
use super::stage::{FlowDecision, FlowPollContext, InspectionOf};
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

    pub(super) const fn serving(response: S::Future, edits: ResponseEdits<A, R>) -> Self {
        let decided = DecisionFuture::Serving { response, edits };
        Self { decided }
    }

    pub(super) fn deciding(held: PendingDecision<S, A, R, B>) -> Self {
        let held = Box::pin(held);
        let decided = DecisionFuture::Deciding { held };
        Self { decided }
    }
}

pin_project! {
    /// A request that waits for its decision, with everything that is needed to decide and to call the inner service.
    pub(super) struct PendingDecision<S, A, R, B>
    where
        A: Scheme,
        A::BodyAccess: BodyAccessFor<B>,
    {
        // While `is_ready`, the service that was polled ready. After a wait for a body, a clone that has to be polled
        // ready.
        inner: S,
        is_ready: bool,
        shared: Arc<SharedLayer<A, R>>,
        flow: RequestFlow<A, B>,
        deadline: Option<SleepFuture>,
        head: Request<()>,
        body: Option<B>,
        #[pin]
        inspection: Option<InspectionOf<A, B>>,
    }
}

impl<S, A, R, B> PendingDecision<S, A, R, B>
where
    A: Scheme,
    A::BodyAccess: BodyAccessFor<B>,
{
    #[inline(never)]
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
        }
    }

    /// Polls the flow until it has made its decision, and refuses with `503` once the deadline has passed. The time that a
    /// body takes does not count.
    fn poll_flow(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>
    where
        S: Clone,
    {
        let this = self.project();
        let (rules, head) = (&this.shared.rules, RequestHead::of(this.head));
        let waiting = FlowPollContext {
            cx,
            body: this.body,
            inspection: this.inspection,
        };
        // A single poll can begin and end the reading of a body, so `is_reading` alone does not show that a body was read.
        let had_read_body = this.flow.has_read_body();
        this.flow.poll(rules, head, waiting);
        if this.flow.decision.is_some() {
            return Poll::Ready(());
        }
        if this.flow.is_reading() || this.flow.has_read_body() != had_read_body {
            // A deadline that began before the body would count the time that the client took to send it. It begins
            // anew for the wait that follows.
            *this.deadline = None;
        }
        if this.flow.is_reading() {
            // `poll_ready` may have reserved something in the inner service, such as a slot of a concurrency limit. A
            // client that sends its body slowly must not hold it meanwhile. To drop the ready service gives it back;
            // the clone in its place is not ready, and `poll_decision` polls it ready once the body is here.
            if *this.is_ready {
                *this.inner = this.inner.clone();
                *this.is_ready = false;
            }
            return Poll::Pending;
        }
        // The timer starts with the first wait. A decision that needs no waiting starts none.
        *this.deadline = this.deadline.take().or_else(|| rules.sleep());
        let Some(deadline) = this.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        this.flow.give_up(rules, head);
        Poll::Ready(())
    }

    /// Prepares the refusal for a body that is verified while the inner service reads it, and may turn out to be wrong.
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
    type Edits = ResponseEdits<A, R>;

    fn poll_decision(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> PolledDecision<Self> {
        // The decision stays in the flow while the inner service becomes ready again.
        if self.flow.decision.is_none() {
            ready!(self.as_mut().poll_flow(cx));
        }
        if let Some(FlowDecision::Deny(denial)) = &self.flow.decision {
            return Poll::Ready(Ok(self.deny(denial)));
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
    fn deny<ResBody>(&self, denial: &Denial) -> DecisionResultOf<Self>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    {
        DecisionResult::Answer(self.shared.render(denial, RequestHead::of(&self.head)))
    }

    fn serve<ResBody>(mut self: Pin<&mut Self>) -> DecisionResultOf<Self>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
    {
        let this = self.as_mut().project();
        let read = this.flow.take_read_body();
        let has_no_body = this.flow.has_no_body();
        let untouched = |body| A::BodyAccess::untouched(body, has_no_body);
        let Some(mut body) = read.or_else(|| this.body.take().map(untouched)) else {
            return self.deny(&self.shared.rules.denial(RefusalReason::BodyBroken));
        };
        let admission = match this.flow.decision.take() {
            Some(FlowDecision::Admit(admission, claimant)) => Some((admission, claimant)),
            Some(FlowDecision::Pass) => None,
            // `poll_decision` has answered a refusal, and a request without a decision must not be served.
            Some(FlowDecision::Deny(_)) | None => {
                return self.deny(&self.shared.rules.unavailable(panicked()));
            }
        };
        let head = mem::take(this.head);
        let admitted = admission.as_ref().map(|(admission, _)| admission);
        let late = self.watch(admitted, &mut body, &head);
        let mut request = head.map(|()| body);
        let mut edits = match admission {
            Some((admission, claimant)) => {
                ResponseEdits::admitted(&self.shared, &mut request, admission, claimant)
            }
            None => ResponseEdits::passed(&self.shared, &mut request),
        };
        edits.late = late;
        DecisionResult::Serve(self.project().inner.call(request), edits)
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
