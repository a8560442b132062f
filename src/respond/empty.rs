//! The status and the challenges, and nothing else.

use http::Response;

use super::{Denial, Respond, Shown};
use crate::request_head::RequestHead;

/// Responds with the status and the challenges, and nothing else.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Empty;

impl<B: Default> Respond<B> for Empty {
    fn respond(&self, _: &Denial, _: &RequestHead<'_>) -> Shown<B> {
        Shown::refusal(Response::new(B::default()))
    }
}
