//! The flow of a request from its arrival to a decision: one, for the path that waits and for the one that does not.

mod inspected;

use std::mem;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::task::{Context, Poll};
use std::time::Duration;

use super::deny::Denied;
use super::rules::Rules;
use super::view::{View, out_of_time, panicked};
use crate::audit;
use crate::header::Challenge;
use crate::now_or_later::NowOrLater;
use crate::policy::Decision;
use crate::request_head::RequestHead;
use crate::respond::Denial;
use crate::scheme::{Admission, Blame, BodyRefused, Judgement, Reads, Refusal, Scheme, Verdict};
use crate::throttle::{Outcome, Reservation, Ticket};
use crate::unavailable::Unavailable;

/// How far a request has come.
pub(super) struct Flow<A: Scheme> {
    /// When it began, by the clock of the audit, if there is one.
    arrived: Option<Duration>,
    stage: Stage<A>,
    ticket: Option<Ticket>,
    /// Whom the head admits and the policies permit, while the body is read.
    known: Option<Admission<A::Identity>>,
}

enum Stage<A: Scheme> {
    Arriving,
    Reserving(NowOrLater<Result<Reservation, Unavailable>>),
    Judging(Judgement<A::Identity, A::Reads>),
    Inspecting(Judgement<A::Identity>),
    Inspected(Result<Option<Verdict<A::Identity>>, BodyRefused>),
    Settling(NowOrLater<()>, Judged<A>),
    Deciding(usize, NowOrLater<Result<Decision, Unavailable>>, Asking<A>),
    Decided,
}

/// For whom the policies are asked, and what is to be checked once they permit.
struct Asking<A: Scheme> {
    admission: Admission<A::Identity>,
    check: Option<Check<A>>,
}

type Check<A> = <<A as Scheme>::Reads as Reads>::Check<<A as Scheme>::Identity>;

/// What came of the credentials.
enum Judged<A: Scheme> {
    Admitted(Asking<A>),
    Anonymous,
    Denied(Denied),
}

impl<A: Scheme> Judged<A> {
    const fn admitted(
        admission: Admission<A::Identity>,
        check: Option<Check<A>>,
    ) -> (Self, Outcome) {
        let asking = Asking { admission, check };
        (Self::Admitted(asking), Outcome::Success)
    }

    /// Denied before anything was compared, or through no fault that is counted.
    const fn denied(denied: Denied) -> (Self, Outcome) {
        (Self::Denied(denied), Outcome::Neither)
    }
}

/// What is to be done with the request.
pub(super) enum Step<A: Scheme> {
    /// Call the inner service, without an identity.
    Pass,
    /// Call the inner service.
    Admit(Admission<A::Identity>),
    /// Read the body, and [come back](Flow::resume).
    Read(Check<A>),
    /// Answer.
    Deny(Denial),
}

/// Where a transition leads.
enum Next<A: Scheme> {
    Stage(Stage<A>),
    Wait(Stage<A>),
    Step(Step<A>),
    /// Reads the body of somebody who is known.
    Read(Check<A>, Admission<A::Identity>),
}

/// Goes on with an answer, or keeps it, with what belongs to it, until it is here.
fn wait_for<A: Scheme, T, K>(
    mut answer: NowOrLater<T>,
    kept: K,
    cx: Option<&mut Context<'_>>,
    then: impl FnOnce(T, K) -> Next<A>,
    still: impl FnOnce(NowOrLater<T>, K) -> Stage<A>,
) -> Next<A> {
    match answer.poll_with(cx) {
        Poll::Ready(value) => then(value, kept),
        Poll::Pending => Next::Wait(still(answer, kept)),
    }
}

impl<A: Scheme> Flow<A> {
    pub(super) const fn new() -> Self {
        Self {
            arrived: None,
            stage: Stage::Arriving,
            ticket: None,
            known: None,
        }
    }

    /// When it began.
    pub(super) const fn arrived(&self) -> Option<Duration> {
        self.arrived
    }

    /// Has waited too long. A comparison that began may still end, and a verifier may remember what came of it. So the
    /// attempt stays used up, whatever stage holds it: it is dropped and not settled.
    pub(super) fn give_up(&mut self, rules: &Rules<A>, head: RequestHead<'_>) -> Step<A> {
        self.stage = Stage::Decided;
        self.ticket = None;
        let view = View::of(rules, head, self.arrived);
        Step::Deny(view.deny(rules.unavailable(out_of_time()), None))
    }

    /// Goes on as far as it can; without `cx`, as far as it can without waiting.
    ///
    /// A panic in code that the application brought is an answer that never came: `503`, and no way in. An attempt that
    /// was reserved stays used up.
    pub(super) fn poll(
        &mut self,
        rules: &Rules<A>,
        head: RequestHead<'_>,
        cx: Option<&mut Context<'_>>,
    ) -> Poll<Step<A>> {
        let advance = AssertUnwindSafe(|| self.advance(rules, head, cx));
        catch_unwind(advance).unwrap_or_else(|_| {
            let view = View::of(rules, head, self.arrived);
            Poll::Ready(Step::Deny(view.panicked()))
        })
    }

    fn advance(
        &mut self,
        rules: &Rules<A>,
        head: RequestHead<'_>,
        mut cx: Option<&mut Context<'_>>,
    ) -> Poll<Step<A>> {
        // Read again at every wake-up: what is borrowed from the request cannot be kept beside it.
        let arrived = self.arrived.or_else(|| rules.starts());
        self.arrived = arrived;
        let view = View::of(rules, head, arrived);
        let mut next = self.begin(&view, cx.as_deref_mut());
        loop {
            match next {
                Next::Step(step) => return Poll::Ready(step),
                Next::Stage(stage) => next = self.next(&view, stage, cx.as_deref_mut()),
                Next::Read(check, admission) => {
                    self.known = Some(admission);
                    return Poll::Ready(Step::Read(check));
                }
                Next::Wait(stage) => {
                    self.stage = stage;
                    return Poll::Pending;
                }
            }
        }
    }

    /// Most arrive and are decided upon at once, and there is no stage to take up again.
    fn begin(&mut self, view: &View<'_, A>, cx: Option<&mut Context<'_>>) -> Next<A> {
        if matches!(self.stage, Stage::Arriving) {
            self.stage = Stage::Decided;
            return self.arrive(view);
        }
        let stage = mem::replace(&mut self.stage, Stage::Decided);
        self.next(view, stage, cx)
    }

    fn next(
        &mut self,
        view: &View<'_, A>,
        stage: Stage<A>,
        cx: Option<&mut Context<'_>>,
    ) -> Next<A> {
        match stage {
            Stage::Reserving(answer) => {
                let then = |reservation, ()| self.reserved(view, reservation);
                wait_for(answer, (), cx, then, |answer, ()| Stage::Reserving(answer))
            }
            Stage::Judging(answer) => {
                let then = |verdict, ()| self.judged(view, verdict);
                wait_for(answer, (), cx, then, |answer, ()| Stage::Judging(answer))
            }
            Stage::Inspecting(answer) => {
                let then = |verdict, ()| self.answered(view, verdict);
                wait_for(answer, (), cx, then, |answer, ()| Stage::Inspecting(answer))
            }
            Stage::Inspected(inspected) => self.inspected(view, inspected),
            Stage::Settling(answer, judged) => {
                let then = |(), judged| view.settled(judged);
                wait_for(answer, judged, cx, then, Stage::Settling)
            }
            Stage::Deciding(policy, answer, asking) => {
                let then = |decision, asking| view.decided(policy, decision, asking);
                let still = |answer, asking| Stage::Deciding(policy, answer, asking);
                wait_for(answer, asking, cx, then, still)
            }
            // Only a panic leaves a request here that is asked for again.
            Stage::Arriving | Stage::Decided => view.refuse(view.rules.unavailable(panicked())),
        }
    }

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
            Ok(Reservation::Exhausted(delay)) => view.refuse(view.rules.throttled(delay)),
            Err(why) => view.refuse(view.rules.unavailable(why)),
        }
    }

    fn arrive(&mut self, view: &View<'_, A>) -> Next<A> {
        let head = view.attempt.head();
        if view.rules.lets_pass(&head) {
            view.record(audit::Outcome::Passed, "public", None);
            return Next::Step(Step::Pass);
        }
        if !view.rules.asks_who_sent_it() {
            return self.judge(view);
        }
        let client = view.rules.client.find(&head);
        if !view.rules.tls.admits(&client) {
            return view.refuse(view.rules.insecure());
        }
        let Some(throttle) = &view.rules.throttle else {
            return self.judge(view);
        };
        if !view.rules.scheme.may_claim(&view.attempt) {
            return self.judge(view);
        }
        let account = view.rules.scheme.account(&view.attempt);
        match throttle.reserve(account.as_ref(), &client, &head).try_now() {
            Ok(reservation) => self.reserved(view, reservation),
            Err(later) => Next::Stage(Stage::Reserving(later)),
        }
    }

    fn judge(&mut self, view: &View<'_, A>) -> Next<A> {
        if view.attempt.is_malformed() {
            return self.conclude(view, view.nobody(), Outcome::Malformed);
        }
        let Some(judgement) = view.rules.scheme.authenticate(&view.attempt) else {
            return self.conclude(view, view.nobody(), Outcome::Neither);
        };
        if view.rules.throttle.is_some() && self.ticket.is_none() {
            return view.refuse(view.rules.unreserved());
        }
        match judgement.try_now() {
            Ok(verdict) => self.judged(view, verdict),
            Err(later) => Next::Stage(Stage::Judging(later)),
        }
    }

    fn judged(
        &mut self,
        view: &View<'_, A>,
        verdict: Result<Verdict<A::Identity, A::Reads>, Unavailable>,
    ) -> Next<A> {
        let (judged, outcome) = match verdict {
            // As below, without a detour: nearly everybody comes this way.
            Ok(Verdict::Admit(admission)) if self.ticket.is_none() => {
                let check = None;
                return view.ask(0, Asking { admission, check });
            }
            Ok(Verdict::Admit(admission)) => Judged::admitted(admission, None),
            Ok(Verdict::ReadBody(mut check)) => match A::Reads::take_admission(&mut check) {
                Some(admission) => Judged::admitted(admission, Some(check)),
                None => return Next::Step(Step::Read(check)),
            },
            Ok(Verdict::Continue(challenge)) => view.continued(challenge),
            Ok(Verdict::Refuse(refusal)) => view.refused(&refusal),
            Err(why) => view.unjudged(why),
        };
        self.conclude(view, judged, outcome)
    }

    /// Settles the attempt, if one was reserved.
    fn conclude(&mut self, view: &View<'_, A>, judged: Judged<A>, outcome: Outcome) -> Next<A> {
        match (&view.rules.throttle, self.ticket.take()) {
            (Some(throttle), Some(ticket)) => {
                Next::Stage(Stage::Settling(throttle.settle(ticket, outcome), judged))
            }
            _ => view.settled(judged),
        }
    }
}

impl<A: Scheme> View<'_, A> {
    fn nobody(&self) -> Judged<A> {
        if self.rules.admits_strangers() && self.attempt.is_absent() {
            return Judged::Anonymous;
        }
        Judged::Denied(self.rules.nobody(&self.attempt))
    }

    fn continued(&self, challenge: Challenge) -> (Judged<A>, Outcome) {
        Judged::denied(self.rules.continued(challenge))
    }

    /// The credentials could not be judged. Unless the verifier says that the attempt is no guess, the account keeps it.
    fn unjudged(&self, why: Unavailable) -> (Judged<A>, Outcome) {
        let outcome = match why.is_no_guess() {
            true => Outcome::Neither,
            false => Outcome::Unjudged,
        };
        (Judged::Denied(self.rules.unavailable(why)), outcome)
    }

    fn refused(&self, refusal: &Refusal) -> (Judged<A>, Outcome) {
        let outcome = match refusal.blame() {
            _ if !refusal.counts() => Outcome::Neither,
            Blame::Credentials => Outcome::Failure,
            Blame::Syntax => Outcome::Malformed,
            Blame::Nobody => Outcome::Neither,
        };
        let denied = self.rules.refused(&self.attempt, refusal);
        (Judged::Denied(denied), outcome)
    }

    fn settled(&self, judged: Judged<A>) -> Next<A> {
        match judged {
            Judged::Admitted(asking) => self.ask(0, asking),
            Judged::Denied(denied) => self.refuse(denied),
            Judged::Anonymous => {
                self.record(audit::Outcome::Anonymous, "no credentials", None);
                Next::Step(Step::Pass)
            }
        }
    }

    /// Asks the policies from number `policy` on.
    fn ask(&self, policy: usize, asking: Asking<A>) -> Next<A> {
        let Some(next) = self.rules.policies.get(policy) else {
            return match asking.check {
                None => self.admit(asking.admission),
                Some(check) => Next::Read(check, asking.admission),
            };
        };
        let answer = next.decide(asking.admission.identity(), &self.attempt.head());
        match answer.try_now() {
            Ok(decision) => self.decided(policy, decision, asking),
            Err(later) => Next::Stage(Stage::Deciding(policy, later, asking)),
        }
    }

    fn admit(&self, admission: Admission<A::Identity>) -> Next<A> {
        let identity: &A::Identity = admission.identity();
        self.record(audit::Outcome::Admitted, "admitted", Some(identity));
        Next::Step(Step::Admit(admission))
    }

    fn decided(
        &self,
        policy: usize,
        decision: Result<Decision, Unavailable>,
        asking: Asking<A>,
    ) -> Next<A> {
        let Some(denied) = self.rules.not_permitted(&self.attempt, decision) else {
            return self.ask(policy + 1, asking);
        };
        let known = asking.admission.identity();
        Next::Step(Step::Deny(self.deny(denied, Some(known))))
    }

    fn refuse(&self, denied: Denied) -> Next<A> {
        Next::Step(Step::Deny(self.deny(denied, None)))
    }
}
