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
    /// The result is `None` if code between the two layers has removed the credentials field, has added a second one, or has
    /// written other credentials that are not marked as sensitive. The outer layer has marked or removed those that it
    /// verified. This function does not compare the other parts of the request that a signature covers.
    #[inline]
    pub(super) fn admitted_around<'r>(
        &self,
        head: &RequestHead<'r>,
    ) -> Option<&'r Authenticated<A::Identity>> {
        match head.extensions().is_empty() {
            true => None,
            false => self.find_around(head),
        }
    }

    /// Does the same for a request that has extensions.
    #[inline(never)]
    fn find_around<'r>(&self, head: &RequestHead<'r>) -> Option<&'r Authenticated<A::Identity>> {
        let caller: &Authenticated<A::Identity> = head.extensions().get()?;
        let scheme = Arc::as_ptr(&self.scheme).cast();
        let is_clone = caller.outer_layer().has_login(scheme, self.role);
        is_clone.then_some(())?;
        let field = self.role.credentials_field();
        let mut lines = head.headers().get_all(field).iter();
        let is_same = match lines.next() {
            None => !caller.passed().has_field,
            Some(line) => {
                caller.passed().has_field && line.is_sensitive() && lines.next().is_none()
            }
        };
        is_same.then_some(caller)
    }
}
