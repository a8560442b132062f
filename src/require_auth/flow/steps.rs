//! The steps of a decision, in their order: from the reservation with the throttle to the check of the body.
//!
//! A call from one step to the next copies the admission. `inline(always)` saves these copies where all answers are ready
//! now. `inline(never)` keeps the code of other requests out of that path, which then touches fewer cache lines. `judge` is
//! `inline(never)` because three steps call it, and each would have a copy of all later steps. Measured with
//! `cargo bench -p benches --bench instructions` and `--bench servers -- misses`.

use super::RequestFlow;
use crate::audit::AuditOutcome;
use crate::now_or_later::NowOrLater;
use crate::policy::PolicyDecision;
use crate::reason::{AttemptOutcome, RefusalReason};
use crate::require_auth::decision_context::DecisionContext;
use crate::require_auth::deny::panicked;
use crate::require_auth::identity::Authenticated;
use crate::require_auth::rules::{LayerRules, TlsRule};
use crate::require_auth::stage::{
    AdmittedCaller, BodyCheckOf, CredentialsResult, FlowDecision, FlowStage, InspectionOutput,
};
use crate::respond::Denial;
use crate::scheme::{Admission, Attempt, BodyAccess, BodyAccessFor, Scheme, Verdict};
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
    ) {
        if context
            .rules
            .is_public_request(context.attempt.client().head_ref())
        {
            return self.pass(context, AuditOutcome::Passed, "public");
        }
        if context.rules.tls != TlsRule::Optional && !context.rules.tls.admits(&context.client()) {
            // RFC 7617 section 4 and RFC 6750 section 5.3 require TLS. The refusal has no challenge, because a
            // challenge would ask the client to send its secret over a connection that others can read.
            return self.refuse(context, context.rules.denial(RefusalReason::TlsRequired));
        }
        if let Some(caller) = admitted_around {
            return self.ask_policies_only(context, caller);
        }
        match &context.rules.throttle {
            Some(throttle) => self.reserve(context, &**throttle),
            None => self.judge(context),
        }
    }

    /// Asks only the policies, because a clone of this layer, around it, has admitted the caller.
    #[cold]
    fn ask_policies_only(
        &mut self,
        context: &DecisionContext<'_, A>,
        caller: &Authenticated<A::Identity>,
    ) {
        let admission = Admission::new(A::Identity::clone(caller));
        self.ask_policies(context, 0, admission, None);
    }

    /// Reserves an attempt, and then judges. A request that cannot be a guess reserves none.
    #[inline(never)]
    fn reserve(&mut self, context: &DecisionContext<'_, A>, throttle: &dyn Throttle) {
        if !context.may_be_guess() {
            return self.judge(context);
        }
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
    ) {
        match reservation {
            Ok(Reservation::Granted(ticket)) => {
                self.ticket = Some(ticket);
                self.judge(context)
            }
            Ok(Reservation::Exhausted(delay)) => {
                self.refuse(context, context.rules.throttled(delay))
            }
            Err(why) => self.refuse(context, context.rules.unavailable(why)),
        }
    }

    #[inline(never)]
    fn judge(&mut self, context: &DecisionContext<'_, A>) {
        if context.attempt.is_malformed() {
            return self.settle_then_refuse(context, LayerRules::malformed);
        }
        context.attempt.forget_reader();
        let judgement = context.rules.scheme.authenticate(context.attempt);
        // Only the scheme that the field names parses its parameters, and it does so in `authenticate`. So a field that
        // breaks the grammar of its scheme shows only now, and makes the verdict void. A field that names no scheme of
        // the layer has no grammar to break: the verdict of a scheme that reads another field stands beside it.
        if context.rules.breaks_grammar(context.attempt) {
            return self.settle_then_refuse(context, LayerRules::malformed);
        }
        // The scheme claimed credentials after `may_claim` had returned `false`. No attempt is reserved, or none for the
        // account of these credentials, so a verdict would allow guesses without a limit.
        let is_unreserved = judgement.is_some()
            && context.rules.throttle.is_some()
            && !context.rules.scheme.may_claim(context.attempt);
        if is_unreserved {
            return self.settle_then_refuse(context, |rules, _| rules.unreserved());
        }
        match judgement.map(NowOrLater::try_now) {
            None => self.unclaimed(context),
            Some(Ok(verdict)) => self.judged(context, verdict),
            Some(Err(later)) => self.go_on(FlowStage::Judging(later)),
        }
    }

    #[inline(always)]
    fn unclaimed(&mut self, context: &DecisionContext<'_, A>) {
        match context.rules.admits_anonymous() && context.attempt.is_absent() {
            true => self.settle(context, Ok(None)),
            false => self.settle_then_refuse(context, LayerRules::unclaimed),
        }
    }

    #[inline(always)]
    pub(super) fn judged(
        &mut self,
        context: &DecisionContext<'_, A>,
        verdict: Result<Verdict<A::Identity, A::BodyAccess>, Unavailable>,
    ) {
        match verdict {
            Ok(Verdict::Admit(admission)) => self.admitted(context, admission, None),
            Ok(Verdict::ReadBody(mut check)) => match A::BodyAccess::take_admission(&mut check) {
                None => self.go_on(FlowStage::Unread(check, None)),
                Some(admission) => self.admitted(context, admission, Some(check)),
            },
            Ok(Verdict::Continue(challenge)) => {
                self.settle_then_refuse(context, |rules, _| rules.continue_exchange(challenge));
            }
            Ok(Verdict::Refuse(refusal)) => {
                self.settle_then_refuse(context, |rules, attempt| rules.refused(attempt, refusal));
            }
            Err(why) => self.settle_then_refuse(context, |rules, _| rules.unjudged(why)),
        }
    }

    /// Settles the attempt, if one was reserved, and then asks the policies.
    #[inline(always)]
    fn admitted(
        &mut self,
        context: &DecisionContext<'_, A>,
        admission: Admission<A::Identity>,
        check: Option<BodyCheckOf<A>>,
    ) {
        match self.ticket {
            None => self.ask_policies(context, 0, admission, check),
            Some(_) => self.settle(context, Ok(Some(AdmittedCaller { admission, check }))),
        }
    }

    /// Settles the attempt, if one was reserved, and then refuses the credentials.
    #[inline(never)]
    fn settle_then_refuse(
        &mut self,
        context: &DecisionContext<'_, A>,
        refuse: impl FnOnce(&LayerRules<A>, &Attempt<'_>) -> Denial,
    ) {
        match self.ticket {
            // `settle` would do the same, after it has moved the refusal twice.
            None => self.refuse(context, refuse(context.rules, context.attempt)),
            Some(_) => self.settle(context, Err(refuse(context.rules, context.attempt))),
        }
    }

    /// Settles the attempt, if one was reserved, and then continues with the result of the credentials.
    #[inline(never)]
    fn settle(&mut self, context: &DecisionContext<'_, A>, judged: CredentialsResult<A>) {
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
    ) {
        match judged {
            Ok(Some(admitted)) => self.ask_policies(context, 0, admitted.admission, admitted.check),
            Err(denial) => self.refuse(context, denial),
            Ok(None) => self.pass(context, AuditOutcome::Anonymous, "no credentials"),
        }
    }

    /// Asks the policies in their order, starting at index `first`. Admits the caller when all of them allow the
    /// request.
    #[inline(always)]
    fn ask_policies(
        &mut self,
        context: &DecisionContext<'_, A>,
        first: usize,
        admission: Admission<A::Identity>,
        check: Option<BodyCheckOf<A>>,
    ) {
        for (policy, next) in context.rules.policies.iter().enumerate().skip(first) {
            let head = context.attempt.client().head_ref();
            let answer = next.decide(admission.identity(), head);
            let decision = match answer.try_now() {
                Ok(decision) => decision,
                Err(later) => {
                    let admitted = AdmittedCaller { admission, check };
                    return self.go_on(FlowStage::Deciding(policy, later, admitted));
                }
            };
            if let Some(denial) = context.rules.policy_refusal(context.attempt, decision) {
                return self.refuse_admitted(context, denial, admission);
            }
        }
        match check {
            None => self.admit(context, admission),
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
    ) {
        match context.rules.policy_refusal(context.attempt, decision) {
            None => self.ask_policies(context, policy + 1, admitted.admission, admitted.check),
            Some(denial) => self.refuse_admitted(context, denial, admitted.admission),
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
    ) {
        let (checked, body) = match inspected {
            Ok(inspected) => inspected,
            Err(refused) => {
                return self.settle_then_refuse(context, |rules, attempt| {
                    rules.body_refused(attempt, refused)
                });
            }
        };
        self.read = Some(body);
        match (checked, admission) {
            (None, Some(admission)) => self.admit(context, admission),
            (Some(judgement), None) => {
                let judgement = judgement.map(|verdict| verdict.map(Verdict::widened));
                self.go_on(FlowStage::Judging(judgement))
            }
            // A check gives a verdict exactly if the head gave none. Two verdicts or none are a bug, and must admit no
            // caller.
            (Some(_), Some(_)) | (None, None) => {
                self.settle_then_refuse(context, |rules, _| rules.unjudged(panicked()))
            }
        }
    }

    /// Decides to refuse a client that no scheme has admitted, and tells the audit. A step calls it only before an attempt
    /// is reserved or after it is settled.
    #[inline]
    pub(super) fn refuse(&mut self, context: &DecisionContext<'_, A>, denial: Denial) {
        // The audit is told of the refusal in its place, so that the refusal moves only once.
        self.decision = Some(FlowDecision::Deny(denial));
        if let Some(FlowDecision::Deny(denial)) = &self.decision {
            context.tell_refusal(denial, None);
        }
    }

    /// Decides to refuse with `503` because code of the application panicked, and tells the audit.
    pub(super) fn refuse_after_panic(&mut self, context: &DecisionContext<'_, A>) {
        self.decision = Some(FlowDecision::Deny(context.panicked()));
    }

    /// Decides to refuse a caller whom a policy does not allow, and tells the audit.
    #[inline(never)]
    fn refuse_admitted(
        &mut self,
        context: &DecisionContext<'_, A>,
        denial: Denial,
        admission: Admission<A::Identity>,
    ) {
        let (identity, reply) = admission.into_parts();
        context.tell_refusal(&denial, Some(&identity));
        let (role, status) = (context.rules.role, denial.status());
        let fields = (!reply.is_empty()).then(|| Box::new(reply.into_fields(role, status)));
        self.decision = Some(FlowDecision::Deny(denial.with_fields(fields)));
    }

    /// Decides to call the inner service with the identity of the caller, and tells the audit.
    #[inline(always)]
    fn admit(&mut self, context: &DecisionContext<'_, A>, admission: Admission<A::Identity>) {
        let identity = admission.identity();
        context.tell_served(AuditOutcome::Admitted, "admitted", Some(identity));
        self.decision = Some(FlowDecision::Admit(admission, context.attempt.claimant()));
    }

    /// Decides to call the inner service without an identity, and tells the audit.
    #[inline(never)]
    fn pass(
        &mut self,
        context: &DecisionContext<'_, A>,
        outcome: AuditOutcome,
        text: &'static str,
    ) {
        context.tell_served(outcome, text, None);
        self.decision = Some(FlowDecision::Pass);
    }
}
