//! Renders refusals without a body.

use http::Response;

use super::{Denial, RefusalResponse, Respond};
use crate::request_head::RequestHead;

/// Responds with an empty body. The layer stamps the status and the challenges. This is the default renderer.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct EmptyBody;

#[diagnostic::do_not_recommend]
impl<B: Default> Respond<B> for EmptyBody {
    fn respond(&self, _: &Denial, _: &RequestHead<'_>) -> RefusalResponse<B> {
        RefusalResponse::refusal(Response::new(B::default()))
    }
}
