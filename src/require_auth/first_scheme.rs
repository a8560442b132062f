//! The scheme whose challenge comes first.

use super::RequireAuth;
use crate::scheme::Scheme;

impl<A: Scheme, R> RequireAuth<A, R> {
    /// Returns the name of the scheme whose challenge is the first of a `401`. For example, it is `Bearer`.
    pub(crate) fn first_scheme(&self) -> &str {
        self.rules.name_at(0).unwrap_or_default()
    }
}
