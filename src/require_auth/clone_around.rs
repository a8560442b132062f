//! Has a clone of this layer, around it, admitted the caller already?

use std::sync::Arc;

use super::identity::Authenticated;
use super::rules::LayerRules;
use crate::request_head::RequestHead;
use crate::scheme::Scheme;

impl<A: Scheme> LayerRules<A> {
    /// Returns the caller whom a clone of this layer around it has admitted.
    ///
    /// The scheme has verified the credentials of this caller. It cannot verify credentials again that are good for one
    /// use, such as a nonce count of Digest.
    ///
    /// The result is `None` if code between the two layers has written other credentials into the field. The outer layer
    /// has marked or removed those that it verified.
    #[inline]
    pub(super) fn admitted_around<'r>(
        &self,
        head: &RequestHead<'r>,
    ) -> Option<&'r Authenticated<A::Identity>> {
        let caller: &Authenticated<A::Identity> = head.extensions().get()?;
        let scheme = Arc::as_ptr(&self.scheme).cast();
        let is_clone = caller.outer_layer().has_login(scheme, self.role);
        let field = head.headers().get(self.role.credentials_field());
        let is_rewritten = field.is_some_and(|line| !line.is_sensitive());
        (is_clone && !is_rewritten).then_some(caller)
    }
}
