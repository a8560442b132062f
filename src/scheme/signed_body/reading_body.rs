//! How a scheme of the head stands beside one that verifies bodies.

use super::SignedBody;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::Account;
use crate::scheme::compose::forwards_to_scheme;
use crate::scheme::{Attempt, Head, Judgement, Scheme, Verdict};

/// Lets a [`Head`] scheme stand beside one that verifies bodies. What it admits keeps its body as it came.
#[derive(Clone, Debug)]
pub struct ReadingBody<S>(pub S);

impl<S: Scheme<Reads = Head>> Scheme for ReadingBody<S> {
    type Identity = S::Identity;
    type Reads = SignedBody;

    forwards_to_scheme!(self, self.0);

    fn authenticate(&self, attempt: &Attempt<'_>) -> Option<Judgement<S::Identity, SignedBody>> {
        let judgement = self.0.authenticate(attempt)?;
        Some(judgement.map(|verdict| verdict.map(Verdict::widened)))
    }
}
