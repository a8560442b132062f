//! What happens to a request from its arrival to a decision? One flow, for the path that waits and for the one that does
//! not.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::BodyFor;
use super::decision_context::{DecisionContext, KeptContext};
use super::deny::{out_of_time, panicked};
use super::rules::{LayerRules, TlsRule};
use super::stage::{
    AdmittedCaller, CredentialsResult, FlowControl, FlowDecision, FlowStage, InspectionOf,
    InspectionOutput, WaitContext,
};
use crate::audit;
use crate::policy::PolicyDecision;
use crate::reason::{AttemptOutcome, RefusalReason};
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Admission, Attempt, BodyAccess, BodyAccessFor, Scheme, Verdict};
use crate::throttle::{Reservation, ThrottleTicket};
use crate::unavailable::Unavailable;

/// How far a request has come.
pub(super) struct RequestFlow<A: Scheme, B>
where
    A::BodyAccess: BodyAccessFor<B>,
{
    /// When it began, by the clock of the audit, if there is one.
    arrived: Option<Duration>,
    stage: FlowStage<A>,
    ticket: Option<ThrottleTicket>,
    kept: Option<KeptContext>,
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

    /// When it began.
    pub(super) const fn arrived(&self) -> Option<Duration> {
        self.arrived
    }

    /// Whether it waits for the body, which has limits of its own.
    pub(super) const fn is_reading(&self) -> bool {
        matches!(self.stage, FlowStage::Unread(..) | FlowStage::Reading(..))
    }

    /// Whether a check has read the body.
    pub(super) const fn has_read(&self) -> bool {
        self.read.is_some()
    }

    /// The body for the inner service, if a check has read it.
    pub(super) const fn take_read(&mut self) -> Option<BodyFor<A, B>> {
        self.read.take()
    }

    /// Has waited too long. A comparison that began may still end, and a verifier may remember what came of it. So the
    /// attempt stays used up, whatever stage holds it: it is dropped and not settled.
    pub(super) fn give_up(&mut self, rules: &LayerRules<A>, head: RequestHead<'_>) -> Denial {
        self.stage = FlowStage::Decided;
        self.ticket = None;
        let attempt = Attempt::read(head, rules.role);
        let view = DecisionContext::of(rules, &attempt, self.arrived);
        let view = view.with(self.kept.take().unwrap_or_default());
        view.deny(rules.unavailable(out_of_time()), None)
    }

    /// Goes on as far as it can; without `waiting`, as far as it can without waiting and without the body.
    ///
    /// A panic in code that the application brought is an answer that never came: `503`, and no way in. An attempt that
    /// was reserved stays used up.
    pub(super) fn poll(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        waiting: Option<WaitContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowDecision<A>> {
        let advance = AssertUnwindSafe(|| self.advance(rules, head, waiting));
        catch_unwind(advance).unwrap_or_else(|_| {
            let attempt = Attempt::read(head, rules.role);
            let view = DecisionContext::of(rules, &attempt, self.arrived);
            Poll::Ready(FlowDecision::Deny(view.panicked()))
        })
    }

    fn advance(
        &mut self,
        rules: &LayerRules<A>,
        head: RequestHead<'_>,
        mut waiting: Option<WaitContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowDecision<A>> {
        self.arrived = self.arrived.or_else(|| rules.starts());
        // Borrowed from the request, so it cannot be kept beside it. Only the scheme's name is read again.
        let attempt = Attempt::read(head, rules.role);
        let mut view = DecisionContext::of(rules, &attempt, self.arrived);
        // Most arrive and are decided upon at once, and there is no stage to take up again.
        let mut next = match (&self.stage, self.kept.take()) {
            (FlowStage::Arriving, _) => {
                self.stage = FlowStage::Decided;
                self.arrive(&view)
            }
            (_, kept) => {
                view = view.with(kept.unwrap_or_default());
                ControlFlow::Continue(())
            }
        };
        loop {
            if let ControlFlow::Break(step) = next {
                return Poll::Ready(step);
            }
            match self.go_on(&view, waiting.as_mut()) {
                Poll::Ready(then) => next = then,
                Poll::Pending => {
                    self.kept = Some(view.keep());
                    return Poll::Pending;
                }
            }
        }
    }

    fn go_on(
        &mut self,
        view: &DecisionContext<'_, A>,
        mut waiting: Option<&mut WaitContext<'_, '_, B, InspectionOf<A, B>>>,
    ) -> Poll<FlowControl<A>> {
        let stage = mem::replace(&mut self.stage, FlowStage::Decided);
        let cx = waiting.as_mut().map(|waiting| &mut *waiting.cx);
        match stage {
            FlowStage::Reserving(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(reservation) => Poll::Ready(self.reserved(view, reservation)),
                Poll::Pending => self.wait(FlowStage::Reserving(answer)),
            },
            FlowStage::Judging(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(verdict) => Poll::Ready(self.judged(view, verdict)),
                Poll::Pending => self.wait(FlowStage::Judging(answer)),
            },
            FlowStage::Settling(mut answer, judged) => match answer.poll_with(cx) {
                Poll::Ready(()) => Poll::Ready(self.settled(view, judged)),
                Poll::Pending => self.wait(FlowStage::Settling(answer, judged)),
            },
            FlowStage::Deciding(policy, mut answer, admitted) => match answer.poll_with(cx) {
                Poll::Ready(decision) => {
                    Poll::Ready(self.decided(view, policy, decision, admitted))
                }
                Poll::Pending => self.wait(FlowStage::Deciding(policy, answer, admitted)),
            },
            FlowStage::Unread(check, admission) => match waiting.map(|it| (it.body.take(), it)) {
                None => self.wait(FlowStage::Unread(check, admission)),
                Some((None, _)) => Poll::Ready(broken(view)),
                Some((Some(body), waiting)) => {
                    let inspection =
                        A::BodyAccess::inspect(check, view.attempt.head().headers(), body);
                    waiting.inspection.set(Some(inspection));
                    Poll::Ready(self.later(FlowStage::Reading(admission)))
                }
            },
            FlowStage::Reading(admission) => {
                match waiting.map_or(Poll::Pending, WaitContext::inspect) {
                    Poll::Ready(None) => Poll::Ready(broken(view)),
                    Poll::Ready(Some(inspected)) => {
                        Poll::Ready(self.inspected(view, inspected, admission))
                    }
                    Poll::Pending => self.wait(FlowStage::Reading(admission)),
                }
            }
            // Only a panic leaves a request here that is asked for again.
            FlowStage::Arriving | FlowStage::Decided => Poll::Ready(broken(view)),
        }
    }

    /// Stays where it is, until something wakes it.
    fn wait(&mut self, stage: FlowStage<A>) -> Poll<FlowControl<A>> {
        self.stage = stage;
        Poll::Pending
    }

    /// Goes on with `stage`.
    fn later(&mut self, stage: FlowStage<A>) -> FlowControl<A> {
        self.stage = stage;
        ControlFlow::Continue(())
    }

    fn arrive(&mut self, view: &DecisionContext<'_, A>) -> FlowControl<A> {
        let head = view.attempt.head();
        if view.rules.lets_pass(&head) {
            view.record(audit::AuditOutcome::Passed, "public", None);
            return ControlFlow::Break(FlowDecision::Pass);
        }
        if view.rules.tls != TlsRule::Optional && !view.rules.tls.admits(&view.client()) {
            // RFC 7617 section 4 and RFC 6750 section 5.3 want TLS. Without a challenge, no client is asked for a secret
            // where others can read it.
            return refuse(view, view.rules.denial(RefusalReason::TlsRequired));
        }
        let Some(throttle) = &view.rules.throttle else {
            return self.judge(view);
        };
        if !view.rules.scheme.may_claim(view.attempt) {
            return self.judge(view);
        }
        let reservation = throttle.reserve(view.account(), &view.client(), &head);
        match reservation.try_now() {
            Ok(reservation) => self.reserved(view, reservation),
            Err(later) => self.later(FlowStage::Reserving(later)),
        }
    }

    #[inline]
    fn reserved(
        &mut self,
        view: &DecisionContext<'_, A>,
        reservation: Result<Reservation, Unavailable>,
    ) -> FlowControl<A> {
        match reservation {
            Ok(Reservation::Granted(ticket)) => {
                self.ticket = Some(ticket);
                self.judge(view)
            }
            Ok(Reservation::Exhausted(delay)) => refuse(view, view.rules.throttled(delay)),
            Err(why) => refuse(view, view.rules.unavailable(why)),
        }
    }

    #[inline]
    fn judge(&mut self, view: &DecisionContext<'_, A>) -> FlowControl<A> {
        if view.attempt.is_malformed() {
            return self.conclude(view, Err(view.rules.unclaimed(view.attempt)));
        }
        let judgement = view.rules.scheme.authenticate(view.attempt);
        if view.rules.is_broken(view.attempt) {
            return self.conclude(view, Err(view.rules.unclaimed(view.attempt)));
        }
        let Some(judgement) = judgement else {
            return self.unclaimed(view);
        };
        if view.rules.throttle.is_some() && self.ticket.is_none() {
            return refuse(view, view.rules.unreserved());
        }
        match judgement.try_now() {
            Ok(verdict) => self.judged(view, verdict),
            Err(later) => self.later(FlowStage::Judging(later)),
        }
    }

    #[inline]
    fn unclaimed(&mut self, view: &DecisionContext<'_, A>) -> FlowControl<A> {
        let judged = match view.rules.admits_strangers() && view.attempt.is_absent() {
            true => Ok(None),
            false => Err(view.rules.unclaimed(view.attempt)),
        };
        self.conclude(view, judged)
    }

    fn judged(
        &mut self,
        view: &DecisionContext<'_, A>,
        verdict: Result<Verdict<A::Identity, A::BodyAccess>, Unavailable>,
    ) -> FlowControl<A> {
        let judged = match verdict {
            // As below, without a detour: nearly everybody comes this way.
            Ok(Verdict::Admit(admission)) if self.ticket.is_none() => {
                let check = None;
                return self.ask(view, 0, AdmittedCaller { admission, check });
            }
            Ok(Verdict::Admit(admission)) => Ok(Some(AdmittedCaller {
                admission,
                check: None,
            })),
            Ok(Verdict::ReadBody(mut check)) => match A::BodyAccess::take_admission(&mut check) {
                None => return self.later(FlowStage::Unread(check, None)),
                Some(admission) => Ok(Some(AdmittedCaller {
                    admission,
                    check: Some(check),
                })),
            },
            Ok(Verdict::Continue(challenge)) => Err(view.rules.another_leg(challenge)),
            Ok(Verdict::Refuse(refusal)) => Err(view.rules.refused(view.attempt, refusal)),
            Err(why) => Err(unjudged(view, why)),
        };
        self.conclude(view, judged)
    }

    /// Settles the attempt, if one was reserved.
    #[inline]
    fn conclude(
        &mut self,
        view: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> FlowControl<A> {
        let (Some(throttle), Some(ticket)) = (&view.rules.throttle, self.ticket.take()) else {
            return self.settled(view, judged);
        };
        let outcome = match &judged {
            Ok(Some(_)) => AttemptOutcome::Success,
            Ok(None) => AttemptOutcome::NotCounted,
            Err(denial) => denial.attempt(),
        };
        match throttle.settle(ticket, outcome).try_now() {
            Ok(()) => self.settled(view, judged),
            Err(later) => self.later(FlowStage::Settling(later, judged)),
        }
    }

    #[inline]
    fn settled(
        &mut self,
        view: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> FlowControl<A> {
        match judged {
            Ok(Some(admitted)) => self.ask(view, 0, admitted),
            Err(denial) => refuse(view, denial),
            Ok(None) => {
                view.record(audit::AuditOutcome::Anonymous, "no credentials", None);
                ControlFlow::Break(FlowDecision::Pass)
            }
        }
    }

    /// Asks the policies from number `policy` on.
    fn ask(
        &mut self,
        view: &DecisionContext<'_, A>,
        policy: usize,
        admitted: AdmittedCaller<A>,
    ) -> FlowControl<A> {
        let Some(next) = view.rules.policies.get(policy) else {
            let admission = admitted.admission;
            return match admitted.check {
                None => admit(view, admission),
                Some(check) => self.later(FlowStage::Unread(check, Some(admission))),
            };
        };
        let answer = next.decide(admitted.admission.identity(), &view.attempt.head());
        match answer.try_now() {
            Ok(decision) => self.decided(view, policy, decision, admitted),
            Err(later) => self.later(FlowStage::Deciding(policy, later, admitted)),
        }
    }

    fn decided(
        &mut self,
        view: &DecisionContext<'_, A>,
        policy: usize,
        decision: Result<PolicyDecision, Unavailable>,
        admitted: AdmittedCaller<A>,
    ) -> FlowControl<A> {
        let Some(denial) = view.rules.not_permitted(view.attempt, decision) else {
            return self.ask(view, policy + 1, admitted);
        };
        let known = admitted.admission.identity();
        ControlFlow::Break(FlowDecision::Deny(view.deny(denial, Some(known))))
    }

    /// The body was read. `admission` is of whom the head has admitted.
    fn inspected(
        &mut self,
        view: &DecisionContext<'_, A>,
        inspected: InspectionOutput<A, B>,
        admission: Option<Admission<A::Identity>>,
    ) -> FlowControl<A> {
        let (checked, body) = match inspected {
            Ok(inspected) => inspected,
            Err(refused) => {
                let denial = view.rules.body_refused(view.attempt, refused);
                return self.conclude(view, Err(denial));
            }
        };
        self.read = Some(body);
        match (checked, admission) {
            (None, Some(admission)) => admit(view, admission),
            (Some(judgement), None) => {
                let judgement = judgement.map(|verdict| verdict.map(Verdict::widened));
                self.later(FlowStage::Judging(judgement))
            }
            // No caller is admitted twice, and none by no verdict.
            (Some(_), Some(_)) | (None, None) => {
                self.conclude(view, Err(unjudged(view, panicked())))
            }
        }
    }
}

#[inline]
fn admit<A: Scheme>(
    view: &DecisionContext<'_, A>,
    admission: Admission<A::Identity>,
) -> FlowControl<A> {
    let identity: &A::Identity = admission.identity();
    view.record(audit::AuditOutcome::Admitted, "admitted", Some(identity));
    ControlFlow::Break(FlowDecision::Admit(admission))
}

#[inline]
fn refuse<A: Scheme>(view: &DecisionContext<'_, A>, denial: Denial) -> FlowControl<A> {
    ControlFlow::Break(FlowDecision::Deny(view.deny(denial, None)))
}

fn broken<A: Scheme>(view: &DecisionContext<'_, A>) -> FlowControl<A> {
    refuse(view, view.rules.unavailable(panicked()))
}

/// The credentials could not be judged. Unless the verifier says that the attempt is no guess, the account keeps it.
fn unjudged<A: Scheme>(view: &DecisionContext<'_, A>, why: Unavailable) -> Denial {
    let is_not_compared = why.is_not_compared();
    let denial = view.rules.unavailable(why);
    match is_not_compared {
        true => denial.counted_as(AttemptOutcome::NotCounted),
        false => denial,
    }
}
