//! A layer whose scheme sends no challenge.

use super::RequireAuth;
use super::prepared_rules::PreparedRules;
use super::rules::LayerRules;
use crate::respond::EmptyBody;
use crate::scheme::Scheme;

impl<A: Scheme> RequireAuth<A> {
    /// Makes a layer of a scheme that sends no challenge. Its refusals of unknown callers are `403`, because a `401` must
    /// have a challenge (RFC 9110 section 15.5.2).
    pub(crate) fn unchallenged(scheme: A) -> Self {
        Self::of(
            PreparedRules::new(LayerRules::new(scheme, &[], &[])),
            EmptyBody,
        )
    }
}
