//! How a scheme of the head stands beside one that verifies bodies.

use super::SignedBody;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;
use crate::scheme::compose::forwards_to_scheme;
use crate::scheme::{Attempt, BodyUnread, Scheme, Verdict, VerdictNowOrLater};

/// Lets a [`BodyUnread`] scheme stand beside one that verifies bodies. What it admits keeps its body as it came.
#[derive(Clone, Debug)]
pub struct BesideSignedBody<S>(pub S);

impl<S: Scheme<BodyAccess = BodyUnread>> Scheme for BesideSignedBody<S> {
    type Identity = S::Identity;
    type BodyAccess = SignedBody;

    forwards_to_scheme!(self, self.0);

    fn authenticate(
        &self,
        attempt: &Attempt<'_>,
    ) -> Option<VerdictNowOrLater<S::Identity, SignedBody>> {
        let judgement = self.0.authenticate(attempt)?;
        Some(judgement.map(|verdict| verdict.map(Verdict::widened)))
    }
}
