//! Reads the body of a form, within limits.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;

use bytes::{Buf, BytesMut};
use http::StatusCode;
use http_body::Body;

use super::answer::{ServiceRefusal, refusal, too_slow};
use crate::body_limits::{BodyLimitExceeded, BodyLimits, BodyPace};

/// Reads `body` to its end, as fast and as far as `limits` allow.
pub(super) async fn read<B: Body>(
    body: B,
    limits: &BodyLimits,
) -> Result<BytesMut, ServiceRefusal> {
    if !limits.allows_length(body.size_hint().lower()) {
        // Without a poll of the body, so that a client that waits for `100 Continue` does not send it.
        return Err(exceeded(BodyLimitExceeded::TooLong));
    }
    let mut pace = BodyPace::new(limits.clone());
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    loop {
        let next = poll_fn(|cx| match body.as_mut().poll_frame(cx) {
            Poll::Ready(frame) => Poll::Ready(Ok(frame)),
            Poll::Pending => pace.poll_too_slow(cx).map(Err),
        });
        let frame = match next.await.map_err(exceeded)? {
            None => return Ok(bytes),
            Some(Ok(frame)) => frame,
            Some(Err(_)) => {
                return Err(refusal(StatusCode::BAD_REQUEST, "the form did not arrive"));
            }
        };
        if let Ok(mut data) = frame.into_data() {
            pace.arrived(data.remaining()).map_err(exceeded)?;
            let data = data.copy_to_bytes(data.remaining());
            bytes.extend_from_slice(&data);
        }
    }
}

fn exceeded(limit: BodyLimitExceeded) -> ServiceRefusal {
    match limit {
        BodyLimitExceeded::TooLong => {
            refusal(StatusCode::PAYLOAD_TOO_LARGE, "the form is too long")
        }
        BodyLimitExceeded::TooSlow => too_slow(),
    }
}
