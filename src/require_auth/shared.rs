//! The state that all clones of a service share.

use std::sync::Arc;

use http::Response;

use super::rules::LayerRules;
use crate::request_head::RequestHead;
use crate::respond::{Denial, Respond};
use crate::scheme::{ReplyFields, Scheme};

/// The configuration of a layer and its renderer.
pub(super) struct SharedLayer<A: Scheme, R> {
    /// An `Arc` of its own, because every request that passes carries it in its extensions, for a
    /// [`RequirePolicy`](super::RequirePolicy).
    pub(super) rules: Arc<LayerRules<A>>,
    pub(super) respond: R,
}

impl<A: Scheme, R> SharedLayer<A, R> {
    /// Renders a refusal, and sets its status and challenges.
    pub(super) fn render<B>(&self, denial: Denial, head: RequestHead<'_>) -> Response<B>
    where
        R: Respond<B>,
    {
        let rendered = self.respond.respond(&denial, &head);
        rendered.stamped(denial)
    }

    /// Renders the refusal of a caller whom a scheme admitted and a policy refused, and adds the fields of the scheme.
    ///
    /// A response that stands in for the refusal gets none: they would tell a concealed route from an unknown path.
    pub(super) fn render_with<B>(
        &self,
        reply: ReplyFields,
        denial: Denial,
        head: RequestHead<'_>,
    ) -> Response<B>
    where
        R: Respond<B>,
    {
        let (role, status) = (self.rules.role, denial.status());
        let denial = match reply.is_empty() {
            true => denial,
            false => denial.with_fields(Some(reply.into_fields(role, status))),
        };
        self.render(denial, head)
    }
}
