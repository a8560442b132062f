//! How a scheme of the head stands beside one that verifies bodies.

use super::SignedBody;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::Account;
use crate::scheme::{Attempt, Head, Judgement, Scheme, Verdict};

/// Lets a [`Head`] scheme stand beside one that verifies bodies. What it admits keeps its body as it came.
#[derive(Clone, Debug)]
pub struct ReadingBody<S>(pub S);

impl<S: Scheme<Reads = Head>> Scheme for ReadingBody<S> {
    type Identity = S::Identity;
    type Reads = SignedBody;

    fn challenge(
        &self,
        attempt: &Attempt<'_>,
        error: Option<&ErrorParams>,
        challenges: &mut Vec<Challenge>,
    ) {
        self.0.challenge(attempt, error, challenges);
    }

    fn may_claim(&self, attempt: &Attempt<'_>) -> bool {
        self.0.may_claim(attempt)
    }

    fn account<'r>(&self, attempt: &Attempt<'r>) -> Option<Account<'r>> {
        self.0.account(attempt)
    }

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<S::Identity, SignedBody>> {
        let judgement = self.0.authenticate(attempt)?;
        Some(judgement.map(|verdict| verdict.map(widen)))
    }
}

fn widen<I>(verdict: Verdict<I>) -> Verdict<I, SignedBody> {
    match verdict {
        Verdict::Admit(admission) => Verdict::Admit(admission),
        Verdict::Continue(challenge) => Verdict::Continue(challenge),
        Verdict::ReadBody(never) => match never {},
        Verdict::Refuse(refusal) => Verdict::Refuse(refusal),
    }
}
