//! A request body that comes back when the inner service drops it.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};

use http::HeaderMap;
use http::header::EXPECT;
use http_body::{Body, Frame, SizeHint};

use crate::derives::shows;
use crate::request_head::RequestHead;

/// The request body that [`DrainBody`](super::DrainBody) hands to the inner service.
///
/// Its frames, errors and length are those of the body that the client sends. When the inner service drops it before its
/// end, the layer takes the rest.
#[must_use = "bodies do nothing unless polled"]
pub struct DrainableBody<B> {
    /// `None` only while this is dropped.
    body: Option<B>,
    /// Whether there can be a rest that the client sends without being asked for it.
    has_rest: bool,
    /// `None` if the response does not wait for the body.
    slot: Option<ReturnSlot<B>>,
}

/// The place where the layer finds the rest of a body, once the inner service has dropped it.
pub(super) struct ReturnSlot<B>(Arc<Mutex<Option<B>>>);

impl<B: Body> DrainableBody<B> {
    /// Wraps the body of the request with this `head`. The slot receives the rest of it. Without a slot, the response does
    /// not wait.
    pub(super) fn lend(body: B, head: RequestHead<'_>) -> (Self, Option<ReturnSlot<B>>) {
        let ends = !head.may_stream_both_ways();
        let slot = (ends && !body.is_end_stream()).then(|| ReturnSlot(Arc::default()));
        let lent = Self {
            body: Some(body),
            // A client that waits for `100 Continue` sends nothing before the server has asked for the body.
            has_rest: !expects_continue(head.headers()),
            slot: slot.as_ref().map(ReturnSlot::share),
        };
        (lent, slot)
    }
}

fn expects_continue(headers: &HeaderMap) -> bool {
    headers.get(EXPECT).is_some_and(|field| {
        let expectation = field.as_bytes().trim_ascii();
        expectation.eq_ignore_ascii_case(b"100-continue")
    })
}

impl<B> ReturnSlot<B> {
    fn share(&self) -> Self {
        Self(Arc::clone(&self.0))
    }

    /// Takes the rest out. `None` if the inner service still has the body, or if there is no rest to wait for.
    pub(super) fn take(&self) -> Option<B> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, rest: B) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(rest);
    }
}

impl<B> Drop for DrainableBody<B> {
    fn drop(&mut self) {
        if let (Some(slot), Some(rest), true) = (&self.slot, self.body.take(), self.has_rest) {
            slot.put(rest);
        }
    }
}

impl<B: Body + Unpin> Body for DrainableBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = Pin::into_inner(self);
        let Some(body) = &mut this.body else {
            return Poll::Ready(None);
        };
        // The server asks a client that waits for `100 Continue` for the body when the body is polled first.
        this.has_rest = true;
        let frame = ready!(Pin::new(body).poll_frame(cx));
        this.has_rest = matches!(frame, Some(Ok(_)));
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.body.as_ref().is_none_or(B::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.as_ref().map(B::size_hint);
        hint.unwrap_or_else(|| SizeHint::with_exact(0))
    }
}

impl<B> Unpin for DrainableBody<B> {}

shows! { impl[B] DrainableBody[B] as self { has_rest: self.has_rest } }

shows! { impl[B] ReturnSlot[B] as self {} }
