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
        Deciding {
            held: Option<Box<Held<S, A, R, B>>>,
        },
        /// The body is being read.
        Reading {
            #[pin]
            inspection: <A::Reads as ReadsFrom<B>>::Inspection<A::Identity>,
            held: Option<Box<Held<S, A, R, B>>>,
        },
        /// The body has verified, and the inner service has to become ready again.
        Readying {
            admission: Option<Admission<A::Identity>>,
            held: Option<Box<Held<S, A, R, B>>>,
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
        let stage = Stage::Answered { response };
        Self { stage }
    }

    pub(super) const fn serving(response: S::Future, after: After<A, R>) -> Self {
        let stage = Stage::Serving { response, after };
        Self { stage }
    }

    pub(super) const fn deciding(held: Box<Held<S, A, R, B>>) -> Self {
        let stage = Stage::deciding(held);
        Self { stage }
    }

    pub(super) fn following<ResBody>(held: Box<Held<S, A, R, B>>, step: Step<A>) -> Self
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let stage = held.follow(step);
        Self { stage }
    }
}

impl<S, A, R, B> Stage<S, A, R, B>
where
    A: Scheme,
    A::Reads: ReadsFrom<B>,
    S: Service<Request<BodyFor<A, B>>>,
{
    const fn deciding(held: Box<Held<S, A, R, B>>) -> Self {
        let held = Some(held);
        Self::Deciding { held }
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

    /// Does what was decided.
    fn follow<ResBody>(mut self: Box<Self>, step: Step<A>) -> Stage<S, A, R, B>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        match (step, mem::replace(&mut self.body, Carried::Away)) {
            (Step::Deny(denial), _) => self.deny(denial),
            (Step::Read(check), Carried::Untouched(body)) => {
                let inspection = A::Reads::inspect(check, self.head.headers(), body);
                let held = Some(self);
                Stage::Reading { inspection, held }
            }
            (Step::Admit(admission), Carried::Untouched(body)) => {
                self.serve(Some(admission), A::Reads::untouched(body))
            }
            (Step::Admit(admission), Carried::Read(body)) if self.ready => {
                self.serve(Some(admission), body)
            }
            (Step::Admit(admission), body @ Carried::Read(_)) => {
                self.body = body;
                let (admission, held) = (Some(admission), Some(self));
                Stage::Readying { admission, held }
            }
            (Step::Pass, Carried::Untouched(body)) => self.serve(None, A::Reads::untouched(body)),
            // Nothing passes unseen after its body was read, and no body is read twice.
            (Step::Admit(_) | Step::Pass | Step::Read(_), _) => {
                let denied = self.shared.rules.broken();
                self.deny(denied.denial)
            }
        }
    }

    fn deny<ResBody>(self, denial: Denial) -> Stage<S, A, R, B>
    where
        R: Respond<ResBody>,
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let response = self.shared.render(denial, RequestHead::of(&self.head));
        let response = Some(response);
        Stage::Answered { response }
    }

    fn serve<ResBody>(
        mut self,
        admission: Option<Admission<A::Identity>>,
        mut body: BodyFor<A, B>,
    ) -> Stage<S, A, R, B>
    where
        S: Service<Request<BodyFor<A, B>>, Response = Response<ResBody>>,
    {
        let late = self.watch(admission.as_ref(), &mut body);
        let mut request = self.head.map(|()| body);
        let mut after = match admission {
            Some(admission) => self.shared.admit(&mut request, admission),
            None => self.shared.pass(&mut request),
        };
        after.late = late;
        let response = self.inner.call(request);
        Stage::Serving { response, after }
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
        let mut stage = self.project().stage;
        loop {
            let next = match stage.as_mut().project() {
                StageProj::Answered { response } => {
                    return Poll::Ready(Ok(response.take().expect("polled after completion")));
                }
                StageProj::Serving { response, after } => {
                    let mut polled = response.poll(cx);
                    if let Poll::Ready(answer) = &mut polled {
                        after.apply(answer);
                    }
                    return polled;
                }
                StageProj::Deciding { held } => {
                    let deciding = held.as_mut().expect("held until decided");
                    let step = ready!(deciding.decide(cx));
                    let held = held.take().expect("held until decided");
                    held.follow(step)
                }
                StageProj::Reading { inspection, held } => {
                    let read = catch_unwind(AssertUnwindSafe(|| inspection.poll(cx)));
                    let reading = held.as_mut().expect("held until read");
                    match read {
                        Ok(Poll::Pending) => {
                            reading.release();
                            return Poll::Pending;
                        }
                        Ok(Poll::Ready(inspected)) => reading.resume(inspected),
                        // A check that panicked has decided nothing, and the flow says so: `503`.
                        Err(_) => {}
                    }
                    Stage::deciding(held.take().expect("held until read"))
                }
                StageProj::Readying { admission, held } => {
                    let readying = held.as_mut().expect("held until served");
                    ready!(readying.inner.poll_ready(cx))?;
                    readying.ready = true;
                    let admission = admission.take().expect("admitted before");
                    let held = held.take().expect("held until served");
                    held.follow(Step::Admit(admission))
                }
            };
            stage.set(next);
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
