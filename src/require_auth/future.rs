//! The response, in the making.

use std::fmt;
use std::future::Future;
use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use tower_service::Service;

use super::BodyFor;
use super::after::After;
use super::flow::{Flow, Step};
use super::late::Late;
use super::service::Shared;
use crate::clock::Sleep;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{Admission, BodyRefused, Checked, ReadsFrom, Scheme};

pin_project! {
    /// Response future of [`RequireAuthService`](super::RequireAuthService).
    #[must_use = "futures do nothing unless polled"]
    pub struct ResponseFuture<S, A, R, B>
    where
        A: Scheme,
        A::Reads: ReadsFrom<B>,
        S: Service<Request<BodyFor<A, B>>>,
    {
        #[pin]
        stage: Stage<S, A, R, B>,
        held: Option<Box<Held<S, A, R, B>>>,
        late: Option<Box<Late<A, R>>>,
    }
}

pin_project! {
    /// How far a response has come.
    #[project = StageProj]
    enum Stage<S, A, R, B>
    where
        A: Scheme,
        A::Reads: ReadsFrom<B>,
        S: Service<Request<BodyFor<A, B>>>,
    {
        /// Refused at once.
        Answered {
            response: Option<S::Response>,
        },
        /// The inner service works.
        Serving {
            #[pin]
            response: S::Future,
            after: After<A, R>,
        },
        /// The decision waits.
        Deciding,
        /// The body is being read.
        Reading {
            #[pin]
            inspection: <A::Reads as ReadsFrom<B>>::Inspection<A::Identity>,
        },
        /// The body has verified, and the inner service has to become ready again.
        Readying {
            admission: Option<Admission<A::Identity>>,
        },
    }
}

/// What is held until there is a decision. Boxed, so that a response that need not wait carries none of it.
pub(super) struct Held<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
{
    /// The service that was polled ready; or, while a body is waited for, a clone that was not.
    pub(super) inner: S,
    pub(super) ready: bool,
    pub(super) shared: Arc<Shared<A, R>>,
    pub(super) flow: Flow<A>,
    pub(super) deadline: Option<Sleep>,
    pub(super) head: Request<()>,
    pub(super) body: Carried<B, BodyFor<A, B>>,
}

/// Where following a step leads.
struct Followed<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    stage: Stage<S, A, R, B>,
    held: Option<Box<Held<S, A, R, B>>>,
    late: Option<Box<Late<A, R>>>,
}

/// What reading a body comes to.
type Inspected<A, B> = Result<(Checked<<A as Scheme>::Identity>, BodyFor<A, B>), BodyRefused>;

/// Where the body is meanwhile.
pub(super) enum Carried<B, Read> {
    /// Here, as it came.
    Untouched(B),
    /// Being read.
    Away,
    /// Here again.
    Read(Read),
}

impl<S, A, R, B> ResponseFuture<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    pub(super) const fn answered(response: S::Response) -> Self {
        let response = Some(response);
        Self {
            stage: Stage::Answered { response },
            held: None,
            late: None,
        }
    }

    pub(super) const fn serving(response: S::Future, after: After<A, R>) -> Self {
        Self {
            stage: Stage::Serving { response, after },
            held: None,
            late: None,
        }
    }

    pub(super) const fn deciding(held: Box<Held<S, A, R, B>>) -> Self {
        Self {
            stage: Stage::Deciding,
            held: Some(held),
            late: None,
        }
    }

    pub(super) fn following<ResBody>(held: Box<Held<S, A, R, B>>, step: Step<A>) -> Self
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let Followed { stage, held, late } = held.follow(step);
        Self { stage, held, late }
    }
}

impl<S, A, R, B> Followed<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    const fn by(stage: Stage<S, A, R, B>) -> Self {
        Self {
            stage,
            held: None,
            late: None,
        }
    }

    fn holding(mut self, held: Box<Held<S, A, R, B>>) -> Self {
        self.held = Some(held);
        self
    }

    fn watched(mut self, late: Option<Box<Late<A, R>>>) -> Self {
        self.late = late;
        self
    }
}

impl<S, A, R, B> Held<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
{
    fn decide(&mut self, cx: &mut Context<'_>) -> Poll<Step<A>> {
        let (rules, head) = (&self.shared.rules, RequestHead::of(&self.head));
        if let Poll::Ready(step) = self.flow.poll(rules, head, Some(cx)) {
            return Poll::Ready(step);
        }
        let Some(deadline) = &mut self.deadline else {
            return Poll::Pending;
        };
        ready!(deadline.as_mut().poll(cx));
        Poll::Ready(self.flow.give_up(rules, head))
    }

    /// Does what was decided, and says what is still held.
    fn follow<ResBody>(mut self: Box<Self>, step: Step<A>) -> Followed<S, A, R, B>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        match (step, mem::replace(&mut self.body, Carried::Away)) {
            (Step::Deny(denial), _) => self.deny(denial),
            (Step::Read(check), Carried::Untouched(body)) => {
                let inspection = A::Reads::inspect(check, self.head.headers(), body);
                Followed::by(Stage::Reading { inspection }).holding(self)
            }
            (Step::Admit(admission), Carried::Untouched(body)) => {
                self.serve(Some(admission), A::Reads::untouched(body))
            }
            (Step::Admit(admission), Carried::Read(body)) if self.ready => {
                self.serve(Some(admission), body)
            }
            (Step::Admit(admission), body @ Carried::Read(_)) => {
                self.body = body;
                let admission = Some(admission);
                Followed::by(Stage::Readying { admission }).holding(self)
            }
            (Step::Pass, Carried::Untouched(body)) => self.serve(None, A::Reads::untouched(body)),
            // Nothing passes unseen after its body was read, and no body is read twice.
            (Step::Admit(_) | Step::Pass | Step::Read(_), _) => {
                let denied = self.shared.rules.broken();
                self.deny(denied.denial)
            }
        }
    }

    fn deny<ResBody>(self, denial: Denial) -> Followed<S, A, R, B>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let response = self.shared.render(denial, RequestHead::of(&self.head));
        Followed::by(Stage::Answered {
            response: Some(response),
        })
    }

    fn serve<ResBody>(
        mut self,
        admission: Option<Admission<A::Identity>>,
        mut body: BodyFor<A, B>,
    ) -> Followed<S, A, R, B>
    where
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let late = self.watch(admission.as_ref(), &mut body);
        let request = self.head.map(|()| body);
        let (request, after) = match admission {
            Some(admission) => self.shared.admit(request, admission),
            None => self.shared.pass(request),
        };
        let response = self.inner.call(request);
        Followed::by(Stage::Serving { response, after }).watched(late)
    }

    /// Watches over a body that is verified while the inner service reads it.
    fn watch(
        &self,
        admission: Option<&Admission<A::Identity>>,
        body: &mut BodyFor<A, B>,
    ) -> Option<Box<Late<A, R>>> {
        let (admission, slot) = (admission?, A::Reads::refusals(body)?);
        let identity = admission.identity();
        let arrived = self.flow.arrived();
        let late = Late::watch(slot, &self.shared, &self.head, arrived, identity);
        Some(Box::new(late))
    }

    /// Gives back what the inner service reserved when it was polled ready: whoever sends a body slowly is to hold nothing
    /// but their own request.
    fn release(&mut self)
    where
        S: Clone,
    {
        if self.ready {
            self.inner = self.inner.clone();
            self.ready = false;
        }
    }

    fn resume(&mut self, inspected: Inspected<A, B>) {
        let checked = inspected.map(|(checked, body)| {
            self.body = Carried::Read(body);
            checked
        });
        self.flow.resume(checked);
        self.deadline = self.shared.rules.sleep();
    }
}

impl<S, A, R, B, ResBody> Future for ResponseFuture<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    R: Respond<ResBody>,
    S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>> + Clone,
{
    type Output = Result<S::Response, S::Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        loop {
            let next = match this.stage.as_mut().project() {
                StageProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                StageProj::Serving { response, after } => {
                    let answer = ready!(response.poll(cx));
                    // Whatever it is, it is an answer to a body that did not verify.
                    if let Some(refusal) = this.late.take().and_then(|late| late.response()) {
                        return Poll::Ready(Ok(refusal));
                    }
                    let mut response = answer?;
                    if after.is_refused(&response) {
                        return Poll::Ready(Ok(after.render(response)));
                    }
                    after.apply(&mut response);
                    return Poll::Ready(Ok(response));
                }
                StageProj::Deciding => {
                    let held = this.held.as_mut().expect("held until decided");
                    let step = ready!(held.decide(cx));
                    let held = this.held.take().expect("held until decided");
                    let Followed { stage, held, late } = held.follow(step);
                    (*this.held, *this.late) = (held, late);
                    stage
                }
                StageProj::Reading { inspection } => {
                    let read = catch_unwind(AssertUnwindSafe(|| inspection.poll(cx)));
                    let held = this.held.as_mut().expect("held until decided");
                    match read {
                        Ok(Poll::Pending) => {
                            held.release();
                            return Poll::Pending;
                        }
                        Ok(Poll::Ready(inspected)) => held.resume(inspected),
                        // A check that panicked has decided nothing, and the flow says so: `503`.
                        Err(_) => {}
                    }
                    Stage::Deciding
                }
                StageProj::Readying { admission } => {
                    let held = this.held.as_mut().expect("held until served");
                    ready!(held.inner.poll_ready(cx))?;
                    held.ready = true;
                    let admission = admission.take().expect("admitted before");
                    let held = this.held.take().expect("held until served");
                    let Followed { stage, held, late } = held.follow(Step::Admit(admission));
                    (*this.held, *this.late) = (held, late);
                    stage
                }
            };
            this.stage.set(next);
        }
    }
}

impl<S, A, R, B> fmt::Debug for ResponseFuture<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResponseFuture").finish_non_exhaustive()
    }
}
