//! An adapter that lets a scheme that reads the head alone be combined with schemes that verify the body.

use super::SignedBody;
use crate::error_params::ErrorParams;
use crate::header::Challenge;
use crate::principal::ClaimedAccount;
use crate::scheme::compose::forwards_to_scheme;
use crate::scheme::{Attempt, BodyUnread, Scheme, Verdict, VerdictNowOrLater};

/// Adapts a [`BodyUnread`] scheme, so that a tuple or a list can combine it with schemes that verify the body.
///
/// The layer does not check the body of a request that this scheme admits. The inner service gets it unchanged, as a
/// [`VerifiedBody`](super::VerifiedBody).
///
/// For example, `(sigv4, BesideSignedBody(basic))` admits requests that are signed with SigV4, and requests with a
/// password.
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
        let verdict = self.0.authenticate(attempt)?;
        Some(verdict.map(|verdict| verdict.map(Verdict::widened)))
    }
}
