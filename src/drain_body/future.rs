//! The response, which waits until the rest of the body has arrived.

use std::future::Future;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http::{Response, StatusCode};
use http_body::Body;
use pin_project_lite::pin_project;

use super::body::ReturnSlot;
use crate::body_limits::{BodyLimits, BodyPace};
use crate::derives::shows;

/// The frames that one poll reads at most. A client that sends fast would otherwise keep the thread from other tasks.
const MOST_FRAMES: usize = 32;

pin_project! {
    /// Response future of [`DrainBodyService`](super::DrainBodyService).
    #[must_use = "futures do nothing unless polled"]
    pub struct DrainBodyFuture<F, R, B> {
        // `None` once the inner service has answered. Its future may hold a permit of a concurrency limit, which a client
        // that sends slowly must not keep from others.
        #[pin]
        response: Option<F>,
        slot: Option<ReturnSlot<B>>,
        limits: BodyLimits,
        waiting: Option<WaitingResponse<R, B>>,
    }
}

/// A response, and the rest of the body that it waits for.
struct WaitingResponse<R, B> {
    response: Response<R>,
    rest: B,
    pace: BodyPace,
}

impl<F, R, B> DrainBodyFuture<F, R, B> {
    pub(super) const fn new(response: F, slot: Option<ReturnSlot<B>>, limits: BodyLimits) -> Self {
        Self {
            response: Some(response),
            slot,
            limits,
            waiting: None,
        }
    }
}

impl<F, R, B, E> Future for DrainBodyFuture<F, R, B>
where
    F: Future<Output = Result<Response<R>, E>>,
    B: Body + Unpin,
{
    type Output = Result<Response<R>, E>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let mut this = self.project();
        if this.waiting.is_none() {
            let inner = this.response.as_mut().as_pin_mut();
            let response = ready!(inner.expect("polled after completion").poll(cx));
            this.response.set(None);
            let response = response?;
            let rest = this.slot.as_ref().and_then(ReturnSlot::take);
            let rest = rest.filter(|rest| is_worth_reading(rest, this.limits));
            let Some(rest) = rest.filter(|_| !is_too_slow(&response)) else {
                return Poll::Ready(Ok(response));
            };
            let pace = BodyPace::new(this.limits.clone());
            *this.waiting = Some(WaitingResponse {
                response,
                rest,
                pace,
            });
        }
        if let Some(waiting) = this.waiting {
            ready!(waiting.poll_drained(cx));
        }
        let waiting = this.waiting.take().expect("it is set above");
        Poll::Ready(Ok(waiting.response))
    }
}

/// Whether the rest can end within the limits. A body that announces more is cut off at once, and not at its limit.
fn is_worth_reading(rest: &impl Body, limits: &BodyLimits) -> bool {
    !rest.is_end_stream() && limits.allows_length(rest.size_hint().lower())
}

/// Whether the client gets this response because it sent its body too slowly. Waiting for more would delay the response
/// until the same client has been too slow once more.
fn is_too_slow<R>(response: &Response<R>) -> bool {
    response.status() == StatusCode::REQUEST_TIMEOUT
}

impl<R, B: Body + Unpin> WaitingResponse<R, B> {
    /// Reads until the body ends or fails, or until the client reaches a limit. The bytes are dropped.
    fn poll_drained(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        for _ in 0..MOST_FRAMES {
            let Poll::Ready(frame) = Pin::new(&mut self.rest).poll_frame(cx) else {
                return self.pace.poll_too_slow(cx).map(drop);
            };
            let Some(Ok(frame)) = frame else {
                return Poll::Ready(());
            };
            let bytes = frame.data_ref().map_or(0, Buf::remaining);
            if self.pace.arrived(bytes).is_err() {
                return Poll::Ready(());
            }
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    }
}

shows! { impl[F, R, B] DrainBodyFuture[F, R, B] as self { limits: self.limits } }
