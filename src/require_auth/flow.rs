//! What happens to a request from its arrival to a decision? One flow, for the path that waits and for the one that does
//! not.

use std::mem;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::Poll;
use std::time::Duration;

use super::BodyFor;
use super::deny::{out_of_time, panicked};
use super::rules::{Rules, Tls};
use super::stage::{Admitted, Inspected, Inspection, Judged, Next, Stage, Step, Waiting};
use super::view::{Kept, View};
use crate::audit;
use crate::policy::Decision;
use crate::reason::{AttemptOutcome, Reason};
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Admission, Attempt, Reads, ReadsFrom, Scheme, Verdict};
use crate::throttle::{Reservation, Ticket};
use crate::unavailable::Unavailable;

/// How far a request has come.
pub(super) struct Flow<A: Scheme, B>
where
    A::Reads: ReadsFrom<B>,
{
    /// When it began, by the clock of the audit, if there is one.
    arrived: Option<Duration>,
    stage: Stage<A>,
    ticket: Option<Ticket>,
    kept: Option<Kept>,
    /// The body for the inner service, once a check has read it.
    read: Option<BodyFor<A, B>>,
}

impl<A: Scheme, B> Flow<A, B>
where
    A::Reads: ReadsFrom<B>,
{
    #[inline]
    pub(super) const fn new() -> Self {
        Self {
            arrived: None,
            stage: Stage::Arriving,
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
        matches!(self.stage, Stage::Unread(..) | Stage::Reading(..))
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
    pub(super) fn give_up(&mut self, rules: &Rules<A>, head: RequestHead<'_>) -> Denial {
        self.stage = Stage::Decided;
        self.ticket = None;
        let attempt = Attempt::read(head, rules.role);
        let view = View::of(rules, &attempt, self.arrived);
        let view = view.with(self.kept.take().unwrap_or_default());
        view.deny(rules.unavailable(out_of_time()), None)
    }

    /// Goes on as far as it can; without `waiting`, as far as it can without waiting and without the body.
    ///
    /// A panic in code that the application brought is an answer that never came: `503`, and no way in. An attempt that
    /// was reserved stays used up.
    pub(super) fn poll(
        &mut self,
        rules: &Rules<A>,
        head: RequestHead<'_>,
        waiting: Option<Waiting<'_, '_, B, Inspection<A, B>>>,
    ) -> Poll<Step<A>> {
        let advance = AssertUnwindSafe(|| self.advance(rules, head, waiting));
        catch_unwind(advance).unwrap_or_else(|_| {
            let attempt = Attempt::read(head, rules.role);
            let view = View::of(rules, &attempt, self.arrived);
            Poll::Ready(Step::Deny(view.panicked()))
        })
    }

    fn advance(
        &mut self,
        rules: &Rules<A>,
        head: RequestHead<'_>,
        mut waiting: Option<Waiting<'_, '_, B, Inspection<A, B>>>,
    ) -> Poll<Step<A>> {
        self.arrived = self.arrived.or_else(|| rules.starts());
        // Borrowed from the request, so it cannot be kept beside it. Only the scheme's name is read again.
        let attempt = Attempt::read(head, rules.role);
        let mut view = View::of(rules, &attempt, self.arrived);
        // Most arrive and are decided upon at once, and there is no stage to take up again.
        let mut next = match (&self.stage, self.kept.take()) {
            (Stage::Arriving, _) => {
                self.stage = Stage::Decided;
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
        view: &View<'_, A>,
        mut waiting: Option<&mut Waiting<'_, '_, B, Inspection<A, B>>>,
    ) -> Poll<Next<A>> {
        let stage = mem::replace(&mut self.stage, Stage::Decided);
        let cx = waiting.as_mut().map(|waiting| &mut *waiting.cx);
        match stage {
            Stage::Reserving(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(reservation) => Poll::Ready(self.reserved(view, reservation)),
                Poll::Pending => self.wait(Stage::Reserving(answer)),
            },
            Stage::Judging(mut answer) => match answer.poll_with(cx) {
                Poll::Ready(verdict) => Poll::Ready(self.judged(view, verdict)),
                Poll::Pending => self.wait(Stage::Judging(answer)),
            },
            Stage::Settling(mut answer, judged) => match answer.poll_with(cx) {
                Poll::Ready(()) => Poll::Ready(self.settled(view, judged)),
                Poll::Pending => self.wait(Stage::Settling(answer, judged)),
            },
            Stage::Deciding(policy, mut answer, admitted) => match answer.poll_with(cx) {
                Poll::Ready(decision) => {
                    Poll::Ready(self.decided(view, policy, decision, admitted))
                }
                Poll::Pending => self.wait(Stage::Deciding(policy, answer, admitted)),
            },
            Stage::Unread(check, admission) => match waiting.map(|it| (it.body.take(), it)) {
                None => self.wait(Stage::Unread(check, admission)),
                Some((None, _)) => Poll::Ready(broken(view)),
                Some((Some(body), waiting)) => {
                    let inspection = A::Reads::inspect(check, view.attempt.head().headers(), body);
                    waiting.inspection.set(Some(inspection));
                    Poll::Ready(self.later(Stage::Reading(admission)))
                }
            },
            Stage::Reading(admission) => match waiting.map_or(Poll::Pending, Waiting::inspect) {
                Poll::Ready(None) => Poll::Ready(broken(view)),
                Poll::Ready(Some(inspected)) => {
                    Poll::Ready(self.inspected(view, inspected, admission))
                }
                Poll::Pending => self.wait(Stage::Reading(admission)),
            },
            // Only a panic leaves a request here that is asked for again.
            Stage::Arriving | Stage::Decided => Poll::Ready(broken(view)),
        }
    }

    /// Stays where it is, until something wakes it.
    fn wait(&mut self, stage: Stage<A>) -> Poll<Next<A>> {
        self.stage = stage;
        Poll::Pending
    }

    /// Goes on with `stage`.
    fn later(&mut self, stage: Stage<A>) -> Next<A> {
        self.stage = stage;
        ControlFlow::Continue(())
    }

    fn arrive(&mut self, view: &View<'_, A>) -> Next<A> {
        let head = view.attempt.head();
        if view.rules.lets_pass(&head) {
            view.record(audit::Outcome::Passed, "public", None);
            return ControlFlow::Break(Step::Pass);
        }
        if view.rules.tls != Tls::Optional && !view.rules.tls.admits(&view.client()) {
            // RFC 7617 section 4 and RFC 6750 section 5.3 want TLS. Without a challenge, no client is asked for a secret
            // where others can read it.
            return refuse(view, view.rules.denial(Reason::NoTls));
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
            Err(later) => self.later(Stage::Reserving(later)),
        }
    }

    #[inline]
    fn reserved(
        &mut self,
        view: &View<'_, A>,
        reservation: Result<Reservation, Unavailable>,
    ) -> Next<A> {
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
    fn judge(&mut self, view: &View<'_, A>) -> Next<A> {
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
            Err(later) => self.later(Stage::Judging(later)),
        }
    }

    #[inline]
    fn unclaimed(&mut self, view: &View<'_, A>) -> Next<A> {
        let judged = match view.rules.admits_strangers() && view.attempt.is_absent() {
            true => Ok(None),
            false => Err(view.rules.unclaimed(view.attempt)),
        };
        self.conclude(view, judged)
    }

    fn judged(
        &mut self,
        view: &View<'_, A>,
        verdict: Result<Verdict<A::Identity, A::Reads>, Unavailable>,
    ) -> Next<A> {
        let judged = match verdict {
            // As below, without a detour: nearly everybody comes this way.
            Ok(Verdict::Admit(admission)) if self.ticket.is_none() => {
                let check = None;
                return self.ask(view, 0, Admitted { admission, check });
            }
            Ok(Verdict::Admit(admission)) => Ok(Some(Admitted {
                admission,
                check: None,
            })),
            Ok(Verdict::ReadBody(mut check)) => match A::Reads::take_admission(&mut check) {
                None => return self.later(Stage::Unread(check, None)),
                Some(admission) => Ok(Some(Admitted {
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
    fn conclude(&mut self, view: &View<'_, A>, judged: Judged<A>) -> Next<A> {
        let (Some(throttle), Some(ticket)) = (&view.rules.throttle, self.ticket.take()) else {
            return self.settled(view, judged);
        };
        let outcome = match &judged {
            Ok(Some(_)) => AttemptOutcome::Success,
            Ok(None) => AttemptOutcome::Neither,
            Err(denial) => denial.attempt(),
        };
        match throttle.settle(ticket, outcome).try_now() {
            Ok(()) => self.settled(view, judged),
            Err(later) => self.later(Stage::Settling(later, judged)),
        }
    }

    #[inline]
    fn settled(&mut self, view: &View<'_, A>, judged: Judged<A>) -> Next<A> {
        match judged {
            Ok(Some(admitted)) => self.ask(view, 0, admitted),
            Err(denial) => refuse(view, denial),
            Ok(None) => {
                view.record(audit::Outcome::Anonymous, "no credentials", None);
                ControlFlow::Break(Step::Pass)
            }
        }
    }

    /// Asks the policies from number `policy` on.
    fn ask(&mut self, view: &View<'_, A>, policy: usize, admitted: Admitted<A>) -> Next<A> {
        let Some(next) = view.rules.policies.get(policy) else {
            let admission = admitted.admission;
            return match admitted.check {
                None => admit(view, admission),
                Some(check) => self.later(Stage::Unread(check, Some(admission))),
            };
        };
        let answer = next.decide(admitted.admission.identity(), &view.attempt.head());
        match answer.try_now() {
            Ok(decision) => self.decided(view, policy, decision, admitted),
            Err(later) => self.later(Stage::Deciding(policy, later, admitted)),
        }
    }

    fn decided(
        &mut self,
        view: &View<'_, A>,
        policy: usize,
        decision: Result<Decision, Unavailable>,
        admitted: Admitted<A>,
    ) -> Next<A> {
        let Some(denial) = view.rules.not_permitted(view.attempt, decision) else {
            return self.ask(view, policy + 1, admitted);
        };
        let known = admitted.admission.identity();
        ControlFlow::Break(Step::Deny(view.deny(denial, Some(known))))
    }

    /// The body was read. `admission` is of whom the head has admitted.
    fn inspected(
        &mut self,
        view: &View<'_, A>,
        inspected: Inspected<A, B>,
        admission: Option<Admission<A::Identity>>,
    ) -> Next<A> {
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
                self.later(Stage::Judging(judgement))
            }
            // No caller is admitted twice, and none by no verdict.
            (Some(_), Some(_)) | (None, None) => {
                self.conclude(view, Err(unjudged(view, panicked())))
            }
        }
    }
}

#[inline]
fn admit<A: Scheme>(view: &View<'_, A>, admission: Admission<A::Identity>) -> Next<A> {
    let identity: &A::Identity = admission.identity();
    view.record(audit::Outcome::Admitted, "admitted", Some(identity));
    ControlFlow::Break(Step::Admit(admission))
}

#[inline]
fn refuse<A: Scheme>(view: &View<'_, A>, denial: Denial) -> Next<A> {
    ControlFlow::Break(Step::Deny(view.deny(denial, None)))
}

fn broken<A: Scheme>(view: &View<'_, A>) -> Next<A> {
    refuse(view, view.rules.unavailable(panicked()))
}

/// The credentials could not be judged. Unless the verifier says that the attempt is no guess, the account keeps it.
fn unjudged<A: Scheme>(view: &View<'_, A>, why: Unavailable) -> Denial {
    let is_no_guess = why.is_no_guess();
    let denial = view.rules.unavailable(why);
    match is_no_guess {
        true => denial.counted_as(AttemptOutcome::Neither),
        false => denial,
    }
}
