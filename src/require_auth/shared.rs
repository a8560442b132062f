//! What do all clones of a service share?

use std::sync::Arc;

use http::Response;

use super::rules::LayerRules;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::Scheme;

/// The rules of a layer, and how it renders a refusal.
pub(super) struct SharedLayer<A: Scheme, R> {
    /// Shared with the callers that were let through, for a [`RequirePolicy`](super::RequirePolicy) to ask.
    pub(super) rules: Arc<LayerRules<A>>,
    pub(super) respond: R,
}

impl<A: Scheme, R> SharedLayer<A, R> {
    pub(super) fn render<B>(&self, denial: Denial, head: RequestHead<'_>) -> Response<B>
    where
        R: Respond<B>,
    {
        let shown = self.respond.respond(&denial, &head);
        shown.stamped(denial)
    }
}
