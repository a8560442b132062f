//! Combines the answers of several policies into one.

use std::ops::ControlFlow;

use super::{PolicyAnswer, PolicyDecision, PolicyResult};
use crate::now_or_later::NowOrLater;

/// How many of the policies have to allow.
#[derive(Clone, Copy, Debug)]
pub(super) enum AllowsNeeded {
    All,
    Any,
}

impl AllowsNeeded {
    /// Combines `answers` in their order. It asks no further policy once the result is known. Without any answers, the
    /// result is `Forbid`.
    ///
    /// When a policy has to wait, this function asks all remaining policies at once, because the future cannot borrow
    /// the caller and the request. It awaits a later answer only if that answer can still change the result.
    pub(super) fn over(self, mut answers: impl Iterator<Item = PolicyAnswer>) -> PolicyAnswer {
        let mut so_far = Ok(PolicyDecision::Forbid);
        while let Some(answer) = answers.next() {
            let decided = match answer.try_now() {
                Ok(decided) => decided,
                Err(later) => {
                    let all = std::iter::once(later).chain(answers).collect();
                    return NowOrLater::later(self.await_each(so_far, all));
                }
            };
            match self.weigh(so_far, decided) {
                ControlFlow::Continue(decided) => so_far = decided,
                ControlFlow::Break(decided) => return NowOrLater::now(decided),
            }
        }
        NowOrLater::now(so_far)
    }

    async fn await_each(
        self,
        mut so_far: PolicyResult,
        answers: Vec<PolicyAnswer>,
    ) -> PolicyResult {
        for answer in answers {
            match self.weigh(so_far, answer.await) {
                ControlFlow::Continue(decided) => so_far = decided,
                ControlFlow::Break(decided) => return decided,
            }
        }
        so_far
    }

    fn weigh(
        self,
        so_far: PolicyResult,
        next: PolicyResult,
    ) -> ControlFlow<PolicyResult, PolicyResult> {
        match (self, next) {
            (Self::All, Ok(PolicyDecision::Allow)) => {
                ControlFlow::Continue(Ok(PolicyDecision::Allow))
            }
            (Self::All, refusal) => ControlFlow::Break(refusal),
            (Self::Any, Ok(PolicyDecision::Allow)) => ControlFlow::Break(Ok(PolicyDecision::Allow)),
            (Self::Any, refusal) => ControlFlow::Continue(more_useful(so_far, refusal)),
        }
    }
}

/// Chooses which of two refusals of an `or` the client gets.
///
/// `Unavailable` comes first: a policy that could not decide might have allowed the request, so a refusal may be wrong.
/// Then come `Lacks` and `StepUp`, which tell the client how to succeed. If both refusals are among these, the client
/// gets the earlier. `Forbid` comes last.
fn more_useful(first: PolicyResult, second: PolicyResult) -> PolicyResult {
    match (first, second) {
        (Err(why), _) | (Ok(_), Err(why)) => Err(why),
        (Ok(PolicyDecision::Forbid), second) => second,
        (first, Ok(_)) => first,
    }
}
