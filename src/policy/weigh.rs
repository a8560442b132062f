//! What the answers of several policies come to.

use std::ops::ControlFlow;

use super::{PolicyAnswer, PolicyDecision, PolicyResult};
use crate::now_or_later::NowOrLater;

/// How many of them have to allow.
#[derive(Clone, Copy, Debug)]
pub(super) enum AllowRule {
    All,
    Any,
}

impl AllowRule {
    /// Weighs `answers` in their order, asking for no more of them than it takes. Nobody asked is nobody who allows.
    ///
    /// Where one takes its time, the others are asked now, because the caller and the request cannot be kept; but none of
    /// them is waited for unless it matters.
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

/// Of two refusals, the one that is true of both and tells the client most. While one policy cannot tell, nobody can say
/// that the caller may not. `Forbid` is for who can do nothing about it.
fn more_useful(first: PolicyResult, second: PolicyResult) -> PolicyResult {
    match (first, second) {
        (Err(why), _) | (Ok(_), Err(why)) => Err(why),
        (Ok(PolicyDecision::Forbid), second) => second,
        (first, Ok(_)) => first,
    }
}
