//! What do all clones of a service share?

use std::sync::Arc;

use http::Response;

use super::rules::Rules;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::Scheme;

/// The rules of a layer, and how it renders a refusal.
pub(super) struct Shared<A: Scheme, R> {
    /// Shared with the callers that were let through, for a [`Permit`](super::Permit) to ask.
    pub(super) rules: Arc<Rules<A>>,
    pub(super) respond: R,
}

impl<A: Scheme, R> Shared<A, R> {
    pub(super) fn render<B>(&self, denial: Denial, head: RequestHead<'_>) -> Response<B>
    where
        R: Respond<B>,
    {
        let shown = self.respond.respond(&denial, &head);
        shown.stamped(denial)
    }
}
