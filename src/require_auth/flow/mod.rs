//! Decides about a request, from its arrival to the decision.
//!
//! The flow is a state machine, so that one implementation serves both paths: `Service::call` runs it as far as it goes
//! without waiting, and the response future goes on with a waker where it has to wait. This file polls the stages, and
//! `steps` says what each of them leads to.

mod steps;

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::BodyFor;
use super::decision_context::{DecisionContext, OwnedDecisionContext};
use super::deny::{out_of_time, panicked};
use super::identity::Authenticated;
use super::rules::LayerRules;
use super::stage::{FlowControl, FlowDecision, FlowPollContext, FlowStage, InspectionOf};
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{BodyAccessFor, Scheme};
use crate::throttle::ThrottleTicket;

/// The progress of the decision about one request.
pub(super) struct RequestFlow<A: Scheme, B>
where
    A::BodyAccess: BodyAccessFor<B>,
{
    /// The time of arrival by the clock of the audit; `None` if the layer has no audit.
    arrived: Option<Duration>,
    stage: FlowStage<A>,
    /// The reserved attempt, from the reservation until it is settled. To drop it leaves the attempt used up.
    ticket: Option<ThrottleTicket>,
    /// The client and the account, if the decision had to wait after they were found.
    kept: Option<OwnedDecisionContext>,
    /// The body for the inner service, once a check has read it.
    read: Option<BodyFor<A, B>>,
}

impl<A: Scheme, B> RequestFlow<A, B>
where
    A::BodyAccess: BodyAccessFor<B>,
{
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            arrived: None,
            stage: FlowStage::Arriving,
            ticket: None,
            kept: None,
            read: None,
        }
    }

    /// Returns the time of arrival by the clock of the audit.
    pub(super) const fn arrived(&self) -> Option<Duration> {
        self.arrived
    }

    /// Whether the flow waits for the request body. The deadline does not count that time: the body has limits of its
    /// own.
    pub(super) const fn is_reading(&self) -> bool {
        matches!(self.stage, FlowStage::Unread(..) | FlowStage::Reading(..))
    }

    /// Whether a check has read the body.
    pub(super) const fn has_read_body(&self) -> bool {
        self.read.is_some()
    }

    /// Takes the body for the inner service, if a check has read it.
    pub(super) const fn take_read_body(&mut self) -> Option<BodyFor<A, B>> {
        self.read.take()
    }

    /// Refuses with `503` because the deadline passed.
    ///
    /// The reserved attempt stays used up. A comparison that began may still end, and the verifier may remember its
    /// result, so an attacker could otherwise guess without a limit. This function therefore drops the ticket and the
    /// stage, which may hold a settlement in progress, and settles nothing.
    pub(super) fn give_up(&mut self, rules: &LayerRules<A>, head: RequestHead<'_>) -> Denial {
        self.stage = FlowStage::Decided;
        self.ticket = None;
        let attempt = rules.read_attempt(head);
        let context = DecisionContext::of(rules, &attempt, self.arrived);
        let context = context.with(self.kept.take().unwrap_or_default());
        context.deny(rules.unavailable(out_of_time()), None)
    }

    /// Advances the decision as far as it can. Without `waiting`, it stops where it would have to wait or needs the
    /// body.
    ///
    /// If code of the application panics, the request is refused with `503`, and a reserved attempt stays used up.
    pub(super) fn poll(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        waiting: Option<FlowPollContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowDecision<A>> {
        // Schemes, verifiers, throttles and policies are code of the application. Their panic must never admit a
        // request, and should give the client and the audit an answer instead of a closed connection. It is safe to use
        // `self` afterwards: the stage is `FlowStage::Decided` while such code runs, and a poll in that stage refuses.
        let advance = AssertUnwindSafe(|| self.advance(rules, head, waiting));
        catch_unwind(advance).unwrap_or_else(|_| {
            let attempt = rules.read_attempt(head);
            let context = DecisionContext::of(rules, &attempt, self.arrived);
            Poll::Ready(FlowDecision::refusal(context.panicked()))
        })
    }

    fn advance(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        mut waiting: Option<FlowPollContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowDecision<A>> {
        self.arrived = self.arrived.or_else(|| rules.start_time());
        // The attempt borrows the request, so it cannot be kept beside the request across polls. Each poll reads it
        // again, which costs no more than finding the name of the scheme.
        let forwarded = rules.client.forwarded_target(&head);
        let admitted_around = rules.admitted_around(&head);
        let passed = admitted_around.map(Authenticated::passed);
        let head = head.with_forwarded(forwarded.as_ref());
        let attempt = rules.attempt_of(head, passed.and_then(|passed| passed.removed));
        if let Some(scheme) = passed.and_then(|passed| passed.claimant) {
            attempt.claim_for(scheme);
        }
        let mut context = DecisionContext::of(rules, &attempt, self.arrived);
        // Most requests are decided in their first poll. They never store a stage.
        let mut next = match (&self.stage, self.kept.take()) {
            (FlowStage::Arriving, _) => {
                self.stage = FlowStage::Decided;
                self.start(&context, admitted_around)
            }
            (_, kept) => {
                context = context.with(kept.unwrap_or_default());
                ControlFlow::Continue(())
            }
        };
        loop {
            if let ControlFlow::Break(step) = next {
                return Poll::Ready(step);
            }
            match self.poll_stage(&context, waiting.as_mut()) {
                Poll::Ready(then) => next = then,
                Poll::Pending => {
                    self.kept = Some(context.keep());
                    return Poll::Pending;
                }
            }
        }
    }

    /// Polls the answer that the current stage waits for, and takes the next step once it is ready.
    fn poll_stage(
        &mut self,
        context: &DecisionContext<'_, A>,
        mut waiting: Option<&mut FlowPollContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowControl<A>> {
        let stage = mem::replace(&mut self.stage, FlowStage::Decided);
        let cx = waiting.as_mut().map(|waiting| &mut *waiting.cx);
        match stage {
            FlowStage::Reserving(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(reservation) => Poll::Ready(self.reserved(context, reservation)),
                Poll::Pending => self.wait(FlowStage::Reserving(answer)),
            },
            FlowStage::Judging(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(verdict) => Poll::Ready(self.judged(context, verdict)),
                Poll::Pending => self.wait(FlowStage::Judging(answer)),
            },
            FlowStage::Settling(mut answer, judged) => match answer.poll_with(cx) {
                Poll::Ready(()) => Poll::Ready(self.settled(context, judged)),
                Poll::Pending => self.wait(FlowStage::Settling(answer, judged)),
            },
            FlowStage::Deciding(policy, mut answer, admitted) => match answer.poll_with(cx) {
                Poll::Ready(decision) => {
                    Poll::Ready(self.policy_decided(context, policy, decision, admitted))
                }
                Poll::Pending => self.wait(FlowStage::Deciding(policy, answer, admitted)),
            },
            FlowStage::Unread(check, admission) => {
                match waiting.map(|waiting| (waiting.body.take(), waiting)) {
                    None => self.wait(FlowStage::Unread(check, admission)),
                    Some((None, _)) => Poll::Ready(refuse_panicked(context)),
                    Some((Some(body), waiting)) => {
                        let inspection =
                            A::BodyAccess::inspect(check, context.attempt.head().headers(), body);
                        waiting.inspection.set(Some(inspection));
                        Poll::Ready(self.continue_with(FlowStage::Reading(admission)))
                    }
                }
            }
            FlowStage::Reading(admission) => {
                match waiting.map_or(Poll::Pending, FlowPollContext::inspect) {
                    Poll::Ready(None) => Poll::Ready(refuse_panicked(context)),
                    Poll::Ready(Some(inspected)) => {
                        Poll::Ready(self.inspected(context, inspected, admission))
                    }
                    Poll::Pending => self.wait(FlowStage::Reading(admission)),
                }
            }
            // The flow is polled again in this stage only after a panic, because `wait` and `continue_with` store
            // another one.
            FlowStage::Arriving | FlowStage::Decided => Poll::Ready(refuse_panicked(context)),
        }
    }

    /// Stores `stage` until the task is woken.
    fn wait(&mut self, stage: FlowStage<A>) -> Poll<FlowControl<A>> {
        self.stage = stage;
        Poll::Pending
    }

    /// Continues with `stage`, which `advance` polls next.
    fn continue_with(&mut self, stage: FlowStage<A>) -> FlowControl<A> {
        self.stage = stage;
        ControlFlow::Continue(())
    }
}

#[inline]
fn refuse<A: Scheme>(context: &DecisionContext<'_, A>, denial: Denial) -> FlowControl<A> {
    ControlFlow::Break(FlowDecision::refusal(context.deny(denial, None)))
}

/// Refuses because an earlier poll panicked.
fn refuse_panicked<A: Scheme>(context: &DecisionContext<'_, A>) -> FlowControl<A> {
    refuse(context, context.rules.unavailable(panicked()))
}
