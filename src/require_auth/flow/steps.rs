//! The steps of a decision, in their order: from the reservation with the throttle to the check of the body.
//!
//! A call from one step to the next copies an admission or a refusal. `inline(always)` saves these copies for a request
//! without a throttle whose answers are ready now. `inline(never)` keeps the code of the other requests out of that
//! function. Measured with `cargo bench -p benches --bench instructions`.

use super::RequestFlow;
use crate::audit::AuditOutcome;
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::reason::{AttemptOutcome, RefusalReason};
use crate::require_auth::decision_context::DecisionContext;
use crate::require_auth::deny::panicked;
use crate::require_auth::identity::Authenticated;
use crate::require_auth::rules::TlsRule;
use crate::require_auth::stage::{
    AdmittedCaller, CredentialsResult, FlowStage, InspectionOutput, StepResult,
};
use crate::respond::Denial;
use crate::scheme::{Admission, BodyAccess, BodyAccessFor, Scheme, Verdict};
use crate::throttle::{Reservation, Throttle};
use crate::unavailable::Unavailable;

impl<A: Scheme, B> RequestFlow<A, B>
where
    A::BodyAccess: BodyAccessFor<B>,
{
    /// Takes the first steps: public requests pass, TLS is checked, and the throttle reserves an attempt.
    ///
    /// `admitted_around` is the caller whom a clone of this layer, around it, has admitted. The layer then asks only its
    /// policies.
    #[inline(always)]
    pub(super) fn start(
        &mut self,
        context: &DecisionContext<'_, A>,
        admitted_around: Option<&Authenticated<A::Identity>>,
    ) -> StepResult<A> {
        if context
            .rules
            .is_public_request(context.attempt.client().head_ref())
        {
            return context.pass(AuditOutcome::Passed, "public");
        }
        if context.rules.tls != TlsRule::Optional && !context.rules.tls.admits(&context.client()) {
            // RFC 7617 section 4 and RFC 6750 section 5.3 require TLS. The refusal has no challenge, because a
            // challenge would ask the client to send its secret over a connection that others can read.
            return context.refuse(context.rules.denial(RefusalReason::TlsRequired));
        }
        if let Some(caller) = admitted_around {
            let admission = Admission::new(A::Identity::clone(caller));
            let check = None;
            return self.ask_policies(context, 0, AdmittedCaller { admission, check });
        }
        match &context.rules.throttle {
            Some(throttle) if context.may_be_guess() => self.reserve(context, &**throttle),
            _ => self.judge(context),
        }
    }

    #[inline(never)]
    fn reserve(
        &mut self,
        context: &DecisionContext<'_, A>,
        throttle: &dyn Throttle,
    ) -> StepResult<A> {
        context.note_missing_address();
        let head = context.attempt.client().head_ref();
        let reservation = throttle.reserve(context.account(), &context.client(), head);
        match reservation.try_now() {
            Ok(reservation) => self.reserved(context, reservation),
            Err(later) => self.go_on(FlowStage::Reserving(later)),
        }
    }

    #[inline(never)]
    pub(super) fn reserved(
        &mut self,
        context: &DecisionContext<'_, A>,
        reservation: Result<Reservation, Unavailable>,
    ) -> StepResult<A> {
        match reservation {
            Ok(Reservation::Granted(ticket)) => {
                self.ticket = Some(ticket);
                self.judge(context)
            }
            Ok(Reservation::Exhausted(delay)) => context.refuse(context.rules.throttled(delay)),
            Err(why) => context.refuse(context.rules.unavailable(why)),
        }
    }

    #[inline(always)]
    fn judge(&mut self, context: &DecisionContext<'_, A>) -> StepResult<A> {
        if context.attempt.is_malformed() {
            return self.settle_then_refuse(context, context.rules.malformed(context.attempt));
        }
        context.attempt.forget_reader();
        let judgement = context.rules.scheme.authenticate(context.attempt);
        // Only the scheme that the field names parses its parameters, and it does so in `authenticate`. So a field that
        // breaks the grammar of its scheme shows only now, and makes the verdict void. A field that names no scheme of
        // the layer has no grammar to break: the verdict of a scheme that reads another field stands beside it.
        if context.rules.breaks_grammar(context.attempt) {
            return self.settle_then_refuse(context, context.rules.malformed(context.attempt));
        }
        // The scheme claimed credentials after `may_claim` had returned `false`. No attempt is reserved, or none for the
        // account of these credentials, so a verdict would allow guesses without a limit.
        let is_unreserved = judgement.is_some()
            && context.rules.throttle.is_some()
            && !context.rules.scheme.may_claim(context.attempt);
        if is_unreserved {
            return self.settle_then_refuse(context, context.rules.unreserved());
        }
        match judgement.map(NowOrLater::try_now) {
            None => self.unclaimed(context),
            Some(Ok(verdict)) => self.judged(context, verdict),
            Some(Err(later)) => self.go_on(FlowStage::Judging(later)),
        }
    }

    #[inline(always)]
    fn unclaimed(&mut self, context: &DecisionContext<'_, A>) -> StepResult<A> {
        match context.rules.admits_anonymous() && context.attempt.is_absent() {
            true => self.settle(context, Ok(None)),
            false => self.settle_then_refuse(context, context.rules.unclaimed(context.attempt)),
        }
    }

    #[inline(always)]
    pub(super) fn judged(
        &mut self,
        context: &DecisionContext<'_, A>,
        verdict: Result<Verdict<A::Identity, A::BodyAccess>, Unavailable>,
    ) -> StepResult<A> {
        let (admission, check) = match verdict {
            Ok(Verdict::Admit(admission)) => (admission, None),
            Ok(Verdict::ReadBody(mut check)) => match A::BodyAccess::take_admission(&mut check) {
                None => return self.go_on(FlowStage::Unread(check, None)),
                Some(admission) => (admission, Some(check)),
            },
            Ok(Verdict::Continue(challenge)) => {
                let denial = context.rules.continue_exchange(challenge);
                return self.settle_then_refuse(context, denial);
            }
            Ok(Verdict::Refuse(refusal)) => {
                let denial = context.rules.refused(context.attempt, refusal);
                return self.settle_then_refuse(context, denial);
            }
            Err(why) => return self.settle_then_refuse(context, context.rules.unjudged(why)),
        };
        let admitted = AdmittedCaller { admission, check };
        match self.ticket {
            None => self.ask_policies(context, 0, admitted),
            Some(_) => self.settle(context, Ok(Some(admitted))),
        }
    }

    /// Settles the attempt, if one was reserved, and then refuses the credentials.
    #[inline(always)]
    fn settle_then_refuse(
        &mut self,
        context: &DecisionContext<'_, A>,
        denial: Denial,
    ) -> StepResult<A> {
        match self.ticket {
            None => context.refuse(denial),
            Some(_) => self.settle(context, Err(denial)),
        }
    }

    /// Settles the attempt, if one was reserved, and then continues with the result of the credentials.
    #[inline(never)]
    fn settle(
        &mut self,
        context: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> StepResult<A> {
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
            Err(later) => self.go_on(FlowStage::Settling(later, judged)),
        }
    }

    #[inline(never)]
    pub(super) fn settled(
        &mut self,
        context: &DecisionContext<'_, A>,
        judged: CredentialsResult<A>,
    ) -> StepResult<A> {
        match judged {
            Ok(Some(admitted)) => self.ask_policies(context, 0, admitted),
            Err(denial) => context.refuse(denial),
            Ok(None) => context.pass(AuditOutcome::Anonymous, "no credentials"),
        }
    }

    /// Asks the policies in their order, starting at index `first`. Admits the caller when all of them allow the
    /// request.
    #[inline(always)]
    fn ask_policies(
        &mut self,
        context: &DecisionContext<'_, A>,
        first: usize,
        admitted: AdmittedCaller<A>,
    ) -> StepResult<A> {
        for (policy, next) in context.rules.policies.iter().enumerate().skip(first) {
            let answer = next.decide(
                admitted.admission.identity(),
                context.attempt.client().head_ref(),
            );
            let decision = match answer.try_now() {
                Ok(decision) => decision,
                Err(later) => return self.go_on(FlowStage::Deciding(policy, later, admitted)),
            };
            if let Some(denial) = context.rules.policy_refusal(context.attempt, decision) {
                return context.refuse_admitted(denial, admitted);
            }
        }
        let admission = admitted.admission;
        match admitted.check {
            None => context.admit(admission),
            // The signature of the head is verified, and the policies allow the caller. Only now is the body worth
            // reading.
            Some(check) => self.go_on(FlowStage::Unread(check, Some(admission))),
        }
    }

    #[inline(never)]
    pub(super) fn policy_decided(
        &mut self,
        context: &DecisionContext<'_, A>,
        policy: usize,
        decision: Result<PolicyDecision, Unavailable>,
        admitted: AdmittedCaller<A>,
    ) -> StepResult<A> {
        match context.rules.policy_refusal(context.attempt, decision) {
            None => self.ask_policies(context, policy + 1, admitted),
            Some(denial) => context.refuse_admitted(denial, admitted),
        }
    }

    /// Continues after a check has read the body. `admission` is that of a caller whom the scheme admitted by the head
    /// alone.
    #[inline(never)]
    pub(super) fn inspected(
        &mut self,
        context: &DecisionContext<'_, A>,
        inspected: InspectionOutput<A, B>,
        admission: Option<Admission<A::Identity>>,
    ) -> StepResult<A> {
        let (checked, body) = match inspected {
            Ok(inspected) => inspected,
            Err(refused) => {
                let denial = context.rules.body_refused(context.attempt, refused);
                return self.settle_then_refuse(context, denial);
            }
        };
        self.read = Some(body);
        match (checked, admission) {
            (None, Some(admission)) => context.admit(admission),
            (Some(judgement), None) => {
                let judgement = judgement.map(|verdict| verdict.map(Verdict::widened));
                self.go_on(FlowStage::Judging(judgement))
            }
            // A check gives a verdict exactly if the head gave none. Two verdicts or none are a bug, and must admit no
            // caller.
            (Some(_), Some(_)) | (None, None) => {
                self.settle_then_refuse(context, context.rules.unjudged(panicked()))
            }
        }
    }
}
