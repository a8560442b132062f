//! Decides about a request, from its arrival to the decision.
//!
//! The flow is a state machine, so that one implementation serves both paths: `Service::call` runs it as far as it goes
//! without waiting, and the response future goes on with a waker where it has to wait. This file polls the stages, and
//! `steps` says what each of them leads to.

mod steps;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::BodyFor;
use super::decision_context::{DecisionContext, OwnedDecisionContext};
use super::deny::out_of_time;
use super::identity::Authenticated;
use super::rules::LayerRules;
use super::stage::{FlowDecision, FlowPollContext, FlowStage, InspectionOf};
use crate::request_head::RequestHead;
use crate::scheme::{BodyAccessFor, Scheme};
use crate::throttle::ThrottleTicket;

/// The progress of the decision about one request.
pub(super) struct RequestFlow<A: Scheme, B>
where
    A::BodyAccess: BodyAccessFor<B>,
{
    /// The time of arrival by the clock of the audit; `None` if the layer has no audit.
    arrived: Option<Duration>,
    /// Whether the body said at first that it was at its end. Schemes may have relied on that.
    has_no_body: bool,
    /// The decision, from the time when it is made until the caller of the flow takes it.
    pub(super) decision: Option<FlowDecision<A>>,
    /// The stage in which the flow waits. It is `None` before the first wait, after the decision, and while a step runs,
    /// so that a panic leaves no stage in which the flow could continue.
    stage: Option<FlowStage<A>>,
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
            has_no_body: false,
            decision: None,
            stage: None,
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
        matches!(
            self.stage,
            Some(FlowStage::Unread(..) | FlowStage::Reading(..))
        )
    }

    /// Whether the schemes were told that the request has no body.
    pub(super) const fn has_no_body(&self) -> bool {
        self.has_no_body
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
    pub(super) fn give_up(&mut self, rules: &LayerRules<A>, head: RequestHead<'_>) {
        self.stage = None;
        self.ticket = None;
        let attempt = rules.read_attempt(head);
        let context = DecisionContext::of(rules, &attempt, self.arrived);
        let context = context.with(self.kept.take().unwrap_or_default());
        self.refuse(&context, rules.unavailable(out_of_time()));
    }

    /// Takes the steps up to the decision. If the flow has to wait or needs the body first, it stores a stage, which
    /// [`poll`](Self::poll) polls next.
    #[inline]
    pub(super) fn begin(&mut self, rules: &LayerRules<A>, head: RequestHead<'_>, body: &B) {
        self.guarded(rules, head, |flow| {
            flow.arrived = rules.start_time();
            flow.has_no_body = A::BodyAccess::has_ended(body);
            flow.in_context(rules, head, Self::start);
        });
    }

    /// Advances the decision as far as it can, after [`begin`](Self::begin). There is none afterwards if the flow has to
    /// wait.
    pub(super) fn poll(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        mut waiting: FlowPollContext<'_, '_, B, InspectionOf<A, B>>,
    ) {
        self.guarded(rules, head, |flow| {
            flow.in_context(rules, head, |flow, context, _| {
                while flow.decision.is_none() && flow.poll_stage(context, &mut waiting).is_ready() {
                }
            });
        });
    }

    /// Calls `advance`. If code of the application panics, the request is refused with `503`, and a reserved attempt
    /// stays used up.
    #[inline]
    fn guarded(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        advance: impl FnOnce(&mut Self),
    ) {
        // Schemes, verifiers, throttles, policies and bodies are code of the application. Their panic must never admit a
        // request, and should give the client and the audit an answer instead of a closed connection. It is safe to use
        // `self` afterwards: there is no stage, and a poll without one refuses.
        let advanced = catch_unwind(AssertUnwindSafe(|| advance(self)));
        if advanced.is_err() {
            // A value that is dropped after the decision may have panicked, and to drop the payload may panic again. So the
            // decision goes before any other code of the application runs, and the payload after it.
            (self.stage, self.decision) = (None, None);
            let attempt = rules.read_attempt(head);
            self.refuse_after_panic(&DecisionContext::of(rules, &attempt, self.arrived));
        }
    }

    /// Calls `step` with the inputs of the decision and with the caller whom a clone of this layer, around it, has
    /// admitted. If there is no decision yet, keeps what must not be looked for twice.
    #[inline]
    fn in_context(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        step: impl FnOnce(&mut Self, &DecisionContext<'_, A>, Option<&Authenticated<A::Identity>>),
    ) {
        // The attempt borrows the request, so it cannot be kept beside the request across polls. Each poll reads it
        // again, which costs no more than finding the name of the scheme.
        let forwarded = rules.client.forwarded_target(&head);
        let admitted_around = rules.admitted_around(&head);
        let passed = admitted_around.map(Authenticated::passed);
        let head = head.with_forwarded(forwarded.as_ref());
        let head = head.with_ended_body(self.has_no_body);
        let attempt = rules.attempt_of(head, passed.and_then(|passed| passed.removed));
        if let Some(scheme) = passed.and_then(|passed| passed.claimant) {
            attempt.claim_for(scheme);
        }
        let mut context = DecisionContext::of(rules, &attempt, self.arrived);
        if let Some(kept) = self.kept.take() {
            context = context.with(kept);
        }
        step(self, &context, admitted_around);
        if self.decision.is_none() {
            self.kept = Some(context.keep());
        }
    }

    /// Polls the answer that the current stage waits for, and takes the next step once it is ready.
    fn poll_stage(
        &mut self,
        context: &DecisionContext<'_, A>,
        waiting: &mut FlowPollContext<'_, '_, B, InspectionOf<A, B>>,
    ) -> Poll<()> {
        let Some(stage) = self.stage.take() else {
            // Every step stores another stage or makes the decision, so there is none only after a panic.
            self.refuse_after_panic(context);
            return Poll::Ready(());
        };
        let cx = &mut *waiting.cx;
        match stage {
            FlowStage::Reserving(mut answer) => match answer.poll_unpin(cx) {
                Poll::Ready(reservation) => self.reserved(context, reservation),
                Poll::Pending => return self.wait(FlowStage::Reserving(answer)),
            },
            FlowStage::Judging(mut answer) => match answer.poll_unpin(cx) {
                Poll::Ready(verdict) => self.judged(context, verdict),
                Poll::Pending => return self.wait(FlowStage::Judging(answer)),
            },
            FlowStage::Settling(mut answer, judged) => match answer.poll_unpin(cx) {
                Poll::Ready(()) => self.settled(context, judged),
                Poll::Pending => return self.wait(FlowStage::Settling(answer, judged)),
            },
            FlowStage::Deciding(policy, mut answer, admitted) => match answer.poll_unpin(cx) {
                Poll::Ready(decision) => self.policy_decided(context, policy, decision, admitted),
                Poll::Pending => return self.wait(FlowStage::Deciding(policy, answer, admitted)),
            },
            FlowStage::Unread(check, admission) => match waiting.body.take() {
                None => self.refuse_after_panic(context),
                Some(body) => {
                    let headers = context.attempt.head().headers();
                    let inspection = A::BodyAccess::inspect(check, headers, body);
                    waiting.inspection.set(Some(inspection));
                    self.go_on(FlowStage::Reading(admission))
                }
            },
            FlowStage::Reading(admission) => match waiting.inspect() {
                Poll::Ready(None) => self.refuse_after_panic(context),
                Poll::Ready(Some(inspected)) => self.inspected(context, inspected, admission),
                Poll::Pending => return self.wait(FlowStage::Reading(admission)),
            },
        }
        Poll::Ready(())
    }

    /// Stores `stage` until the task is woken.
    fn wait(&mut self, stage: FlowStage<A>) -> Poll<()> {
        self.stage = Some(stage);
        Poll::Pending
    }

    /// Goes on in `stage`, which [`poll`](Self::poll) polls next.
    #[inline(never)]
    fn go_on(&mut self, stage: FlowStage<A>) {
        self.stage = Some(stage);
    }
}
