//! The state that all clones of a service share.

use std::sync::Arc;

use http::Response;

use super::rules::LayerRules;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::Scheme;

/// The configuration of a layer and its renderer.
pub(super) struct SharedLayer<A: Scheme, R> {
    /// An `Arc` of its own, because every request that passes carries it in its extensions, for a
    /// [`RequirePolicy`](super::RequirePolicy).
    pub(super) rules: Arc<LayerRules<A>>,
    pub(super) respond: R,
}

impl<A: Scheme, R> SharedLayer<A, R> {
    /// Renders a refusal, and sets its status and challenges.
    #[inline]
    pub(super) fn render<B>(&self, denial: &Denial, head: RequestHead<'_>) -> Response<B>
    where
        R: Respond<B>,
    {
        self.respond.respond(denial, &head).stamped(denial)
    }
}
