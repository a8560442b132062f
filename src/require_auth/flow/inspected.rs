//! What follows from a body that was read.

use super::{Flow, Judged, Next, Stage, View, panicked};
use crate::scheme::{BodyRefused, Checked, Scheme, Verdict};
use crate::unavailable::Unavailable;

impl<A: Scheme> Flow<A> {
    /// Takes note of what became of a body that was read.
    pub(in crate::require_auth) fn resume(
        &mut self,
        inspected: Result<Checked<A::Identity>, BodyRefused>,
    ) {
        self.stage = match inspected {
            Ok(Some(judgement)) => Stage::Inspecting(judgement),
            Ok(None) => Stage::Inspected(Ok(None)),
            Err(refused) => Stage::Inspected(Err(refused)),
        };
    }

    pub(super) fn answered(
        &mut self,
        view: &View<'_, A>,
        verdict: Result<Verdict<A::Identity>, Unavailable>,
    ) -> Next<A> {
        match verdict {
            Ok(verdict) => self.inspected(view, Ok(Some(verdict))),
            Err(why) => {
                let (judged, outcome) = view.unjudged(why);
                self.conclude(view, judged, outcome)
            }
        }
    }

    pub(super) fn inspected(
        &mut self,
        view: &View<'_, A>,
        inspected: Result<Option<Verdict<A::Identity>>, BodyRefused>,
    ) -> Next<A> {
        let (judged, outcome) = match (inspected, self.known.take()) {
            (Ok(None), Some(admission)) => return view.admit(admission),
            (Ok(Some(Verdict::Admit(admission))), None) => Judged::admitted(admission, None),
            (Ok(Some(Verdict::Continue(challenge))), _) => view.continued(challenge),
            (Ok(Some(Verdict::Refuse(refusal))) | Err(BodyRefused::Unverified(refusal)), _) => {
                view.refused(&refusal)
            }
            (Ok(Some(Verdict::ReadBody(never))), _) => match never {},
            (Err(BodyRefused::Panicked), _) => view.unjudged(panicked()),
            (Err(refused), _) => Judged::denied(view.body_refused(&refused)),
            // Nobody is admitted twice, and nobody by nobody.
            (Ok(_), _) => view.unjudged(panicked()),
        };
        self.conclude(view, judged, outcome)
    }
}
