//! Decides about a request, from its arrival to the decision.
//!
//! The flow is a state machine, so that one implementation serves both paths: `Service::call` runs it as far as it goes
//! without waiting, and the response future goes on with a waker where it has to wait.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::BodyFor;
use super::decision_context::{DecisionContext, OwnedDecisionContext};
use super::deny::{out_of_time, panicked};
use super::rules::{LayerRules, TlsRule};
use super::stage::{
    AdmittedCaller, CredentialsResult, FlowControl, FlowDecision, FlowPollContext, FlowStage,
    InspectionOf, InspectionOutput,
};
use crate::audit;
use crate::policy::PolicyDecision;
use crate::reason::{AttemptOutcome, RefusalReason};
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Admission, BodyAccess, BodyAccessFor, Scheme, Verdict};
use crate::throttle::{Reservation, ThrottleTicket};
use crate::unavailable::Unavailable;

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
            Poll::Ready(FlowDecision::Deny(context.panicked()))
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
        let attempt = rules.read_attempt(head.with_forwarded(forwarded.as_ref()));
        let mut context = DecisionContext::of(rules, &attempt, self.arrived);
        // Most requests are decided in their first poll. They never store a stage.
        let mut next = match (&self.stage, self.kept.take()) {
            (FlowStage::Arriving, _) => {
                self.stage = FlowStage::Decided;
                self.start(&context)
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

    /// Takes the first steps: public requests pass, TLS is checked, and the throttle reserves an attempt.
    fn start(&mut self, context: &DecisionContext<'_, A>) -> FlowControl<A> {
        let head = context.attempt.head();
        if context.rules.is_public_request(&head) {
            context.record(audit::AuditOutcome::Passed, "public", None);
            return ControlFlow::Break(FlowDecision::Pass);
        }
        if context.rules.tls != TlsRule::Optional && !context.rules.tls.admits(&context.client()) {
            // RFC 7617 section 4 and RFC 6750 section 5.3 require TLS. The refusal has no challenge, because a
            // challenge would ask the client to send its secret over a connection that others can read.
            return refuse(context, context.rules.denial(RefusalReason::TlsRequired));
        }
        let Some(throttle) = &context.rules.throttle else {
            return self.judge(context);
        };
        // Without credentials that a scheme may claim, the request is not a guess and uses up no attempt.
        if !context.rules.scheme.may_claim(context.attempt) {
            return self.judge(context);
        }
        let reservation = throttle.reserve(context.account(), &context.client(), &head);
        match reservation.try_now() {
            Ok(reservation) => self.reserved(context, reservation),
            Err(later) => self.continue_with(FlowStage::Reserving(later)),
        }
    }

    #[inline]
    fn reserved(
        &mut self,
        context: &DecisionContext<'_, A>,
        reservation: Result<Reservation, Unavailable>,
    ) -> FlowControl<A> {
        match reservation {
            Ok(Reservation::Granted(ticket)) => {
                self.ticket = Some(ticket);
                self.judge(context)
            }
            Ok(Reservation::Exhausted(delay)) => refuse(context, context.rules.throttled(delay)),
            Err(why) => refuse(context, context.rules.unavailable(why)),
        }
    }

    #[inline]
    fn judge(&mut self, context: &DecisionContext<'_, A>) -> FlowControl<A> {
        if context.attempt.is_malformed() {
            return self.conclude(context, Err(context.rules.unclaimed(context.attempt)));
        }
        let judgement = context.rules.scheme.authenticate(context.attempt);
        // Only the scheme that the field names parses its parameters, and it does so in `authenticate`. So a field that
        // breaks the grammar of its scheme shows only now, and makes the verdict void. A field that names no scheme of
        // the layer has no grammar to break: the verdict of a scheme that reads another field stands beside it.
        if context.rules.breaks_grammar(context.attempt) {
            return self.conclude(context, Err(context.rules.unclaimed(context.attempt)));
        }
        let Some(judgement) = judgement else {
            return self.unclaimed(context);
        };
        // The scheme claimed credentials after `may_claim` had returned `false`. No attempt is reserved, so a verdict
        // would allow guesses without a limit.
        if context.rules.throttle.is_some() && self.ticket.is_none() {
            return refuse(context, context.rules.unreserved());
        }
        match judgement.try_now() {
            Ok(verdict) => self.judged(context, verdict),
            Err(later) => self.continue_with(FlowStage::Judging(later)),
        }
    }

    #[inline]
    fn unclaimed(&mut self, context: &DecisionContext<'_, A>) -> FlowControl<A> {
        let judged = match context.rules.admits_anonymous() && context.attempt.is_absent() {
            true => Ok(None),
            false => Err(context.rules.unclaimed(context.attempt)),
        };
        self.conclude(context, judged)
    }

    fn judged(
        &mut self,
        context: &DecisionContext<'_, A>,
        verdict: Result<Verdict<A::Identity, A::BodyAccess>, Unavailable>,
    ) -> FlowControl<A> {
        let judged = match verdict {
            // A shortcut for the most frequent case: there is no attempt to settle, so `conclude` would do nothing.
            Ok(Verdict::Admit(admission)) if self.ticket.is_none() => {
                let check = None;
                return self.ask_policies(context, 0, AdmittedCaller { admission, check });
            }
            Ok(Verdict::Admit(admission)) => Ok(Some(AdmittedCaller {
                admission,
                check: None,
            })),
            Ok(Verdict::ReadBody(mut check)) => match A::BodyAccess::take_admission(&mut check) {
                None => return self.continue_with(FlowStage::Unread(check, None)),
                Some(admission) => Ok(Some(AdmittedCaller {
                    admission,
                    check: Some(check),
                })),
            },
            Ok(Verdict::Continue(challenge)) => Err(context.rules.continue_exchange(challenge)),
            Ok(Verdict::Refuse(refusal)) => Err(context.rules.refused(context.attempt, refusal)),
            Err(why) => Err(unjudged(context, why)),
        };
        self.conclude(context, judged)
    }

    /// Settles the attempt, if one was reserved, and then continues with the result of the credentials.
    #[inline]
    fn conclude(
        &mut self,
        context: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> FlowControl<A> {
        let (Some(throttle), Some(ticket)) = (&context.rules.throttle, self.ticket.take()) else {
            return self.settled(context, judged);
        };
        let outcome = match &judged {
            Ok(Some(_)) => AttemptOutcome::Success,
            Ok(None) => AttemptOutcome::NotCounted,
            Err(denial) => denial.attempt(),
        };
        match throttle.settle(ticket, outcome).try_now() {
            Ok(()) => self.settled(context, judged),
            Err(later) => self.continue_with(FlowStage::Settling(later, judged)),
        }
    }

    #[inline]
    fn settled(
        &mut self,
        context: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> FlowControl<A> {
        match judged {
            Ok(Some(admitted)) => self.ask_policies(context, 0, admitted),
            Err(denial) => refuse(context, denial),
            Ok(None) => {
                context.record(audit::AuditOutcome::Anonymous, "no credentials", None);
                ControlFlow::Break(FlowDecision::Pass)
            }
        }
    }

    /// Asks the policies in their order, starting at index `policy`. Admits the caller when all of them allow the
    /// request.
    fn ask_policies(
        &mut self,
        context: &DecisionContext<'_, A>,
        policy: usize,
        admitted: AdmittedCaller<A>,
    ) -> FlowControl<A> {
        let Some(next) = context.rules.policies.get(policy) else {
            let admission = admitted.admission;
            return match admitted.check {
                None => admit(context, admission),
                // The signature of the head is verified, and the policies allow the caller. Only now is the body worth
                // reading.
                Some(check) => self.continue_with(FlowStage::Unread(check, Some(admission))),
            };
        };
        let answer = next.decide(admitted.admission.identity(), &context.attempt.head());
        match answer.try_now() {
            Ok(decision) => self.policy_decided(context, policy, decision, admitted),
            Err(later) => self.continue_with(FlowStage::Deciding(policy, later, admitted)),
        }
    }

    fn policy_decided(
        &mut self,
        context: &DecisionContext<'_, A>,
        policy: usize,
        decision: Result<PolicyDecision, Unavailable>,
        admitted: AdmittedCaller<A>,
    ) -> FlowControl<A> {
        let Some(denial) = context.rules.policy_refusal(context.attempt, decision) else {
            return self.ask_policies(context, policy + 1, admitted);
        };
        let known = admitted.admission.identity();
        ControlFlow::Break(FlowDecision::Deny(context.deny(denial, Some(known))))
    }

    /// Continues after a check has read the body. `admission` is that of a caller whom the scheme admitted by the head
    /// alone.
    fn inspected(
        &mut self,
        context: &DecisionContext<'_, A>,
        inspected: InspectionOutput<A, B>,
        admission: Option<Admission<A::Identity>>,
    ) -> FlowControl<A> {
        let (checked, body) = match inspected {
            Ok(inspected) => inspected,
            Err(refused) => {
                let denial = context.rules.body_refused(context.attempt, refused);
                return self.conclude(context, Err(denial));
            }
        };
        self.read = Some(body);
        match (checked, admission) {
            (None, Some(admission)) => admit(context, admission),
            (Some(judgement), None) => {
                let judgement = judgement.map(|verdict| verdict.map(Verdict::widened));
                self.continue_with(FlowStage::Judging(judgement))
            }
            // A check gives a verdict exactly if the head gave none. Two verdicts or none are a bug, and must admit no
            // caller.
            (Some(_), Some(_)) | (None, None) => {
                self.conclude(context, Err(unjudged(context, panicked())))
            }
        }
    }
}

#[inline]
fn admit<A: Scheme>(
    context: &DecisionContext<'_, A>,
    admission: Admission<A::Identity>,
) -> FlowControl<A> {
    let identity: &A::Identity = admission.identity();
    context.record(audit::AuditOutcome::Admitted, "admitted", Some(identity));
    ControlFlow::Break(FlowDecision::Admit(admission))
}

#[inline]
fn refuse<A: Scheme>(context: &DecisionContext<'_, A>, denial: Denial) -> FlowControl<A> {
    ControlFlow::Break(FlowDecision::Deny(context.deny(denial, None)))
}

/// Refuses because an earlier poll panicked.
fn refuse_panicked<A: Scheme>(context: &DecisionContext<'_, A>) -> FlowControl<A> {
    refuse(context, context.rules.unavailable(panicked()))
}

/// Refuses because the credentials could not be judged. The account keeps the attempt, unless the verifier says that
/// the attempt was not a guess.
fn unjudged<A: Scheme>(context: &DecisionContext<'_, A>, why: Unavailable) -> Denial {
    let is_not_compared = why.is_not_compared();
    let denial = context.rules.unavailable(why);
    match is_not_compared {
        true => denial.counted_as(AttemptOutcome::NotCounted),
        false => denial,
    }
}
