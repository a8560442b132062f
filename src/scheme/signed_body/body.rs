//! The request body that the inner service gets.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::VerifyChunks;
use super::chunks::{ChunkReader, NextChunk};
use super::data::BoxError;
use crate::body_limits::BodyPace;
use crate::scheme::{BodyError, OnRefusal};

pin_project! {
    /// The request body that the inner service gets from a layer with a [`SignedBody`](crate::scheme::SignedBody)
    /// scheme. A part of the body that must be verified is not visible before it has been.
    ///
    /// The body is in one of three states:
    ///
    /// - The layer has read and verified the whole body. The inner service reads it from memory, without its trailers.
    /// - The layer verifies the body chunk by chunk while the inner service reads it. If a chunk or the end is bad,
    ///   reading returns a [`BodyError`](crate::scheme::BodyError).
    /// - No scheme had to check the body. The inner service reads it as the client sent it, and gets its own errors. If
    ///   the body was at its end, the inner service reads nothing.
    #[derive(Debug)]
    pub struct VerifiedBody<B> {
        #[pin]
        state: BodyState<B>,
    }
}

pin_project! {
    #[project = StateProj]
    #[derive(Debug)]
    enum BodyState<B> {
        Untouched {
            #[pin]
            body: B,
        },
        Verifying {
            #[pin]
            body: B,
            chunks: Box<ChunkReader>,
        },
        /// The rest of the body, all of which has been verified. Both are `None` at the end and after an error.
        Verified {
            bytes: Option<Bytes>,
            trailers: Option<HeaderMap>,
        },
    }
}

impl<B> VerifiedBody<B> {
    pub(super) const fn untouched(body: B) -> Self {
        Self {
            state: BodyState::Untouched { body },
        }
    }

    pub(super) fn streaming(body: B, verifier: Box<dyn VerifyChunks>, pace: BodyPace) -> Self {
        let chunks = Box::new(ChunkReader::new(verifier, pace));
        Self {
            state: BodyState::Verifying { body, chunks },
        }
    }

    pub(super) fn read(bytes: Bytes) -> Self {
        Self {
            state: BodyState::verified(Some(bytes).filter(|bytes| !bytes.is_empty()), None),
        }
    }

    pub(super) fn refusals(&mut self) -> Option<&mut OnRefusal> {
        match &mut self.state {
            BodyState::Verifying { chunks, .. } => Some(&mut chunks.on_refusal),
            BodyState::Untouched { .. } | BodyState::Verified { .. } => None,
        }
    }
}

impl<B> BodyState<B> {
    const fn verified(bytes: Option<Bytes>, trailers: Option<HeaderMap>) -> Self {
        Self::Verified { bytes, trailers }
    }
}

impl<B> Body for VerifiedBody<B>
where
    B: Body<Data = Bytes, Error: Into<BoxError>>,
{
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let mut state = self.project().state;
        loop {
            let (after, refused) = match state.as_mut().project() {
                StateProj::Untouched { body } => return body.poll_frame(cx).map_err(Into::into),
                StateProj::Verified { bytes, trailers } => {
                    let bytes = bytes.take().map(Frame::data);
                    let frame = bytes.or_else(|| trailers.take().map(Frame::trailers));
                    return Poll::Ready(frame.map(Ok));
                }
                StateProj::Verifying { body, chunks } => {
                    match ready!(poll_next(body, chunks, cx)) {
                        Ok(NextChunk::Chunk(chunk)) => {
                            return Poll::Ready(Some(Ok(Frame::data(chunk))));
                        }
                        Ok(NextChunk::End(last, trailers)) => {
                            (BodyState::verified(last, trailers), None)
                        }
                        Err(refused) => {
                            // Before the inner service gets the error: it may answer at once, and the layer must know
                            // by then that the answer has to be replaced.
                            report(chunks.on_refusal.take(), &refused);
                            (BodyState::verified(None, None), Some(refused))
                        }
                    }
                }
            };
            state.set(after);
            if let Some(refused) = refused {
                return Poll::Ready(Some(Err(refused.into())));
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.state {
            BodyState::Untouched { body } => body.is_end_stream(),
            BodyState::Verifying { .. } => false,
            BodyState::Verified { bytes, trailers } => bytes.is_none() && trailers.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            BodyState::Untouched { body } => body.size_hint(),
            BodyState::Verifying { chunks, .. } => chunks.size_hint(),
            BodyState::Verified { bytes, .. } => {
                let remaining = bytes.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(remaining).unwrap_or(u64::MAX))
            }
        }
    }
}

/// Polls for the next verified chunk. A panic of the verifier is an error, so that the body does not count as verified.
fn poll_next<B>(
    body: Pin<&mut B>,
    chunks: &mut ChunkReader,
    cx: &mut Context<'_>,
) -> Poll<Result<NextChunk, BodyError>>
where
    B: Body<Error: Into<BoxError>>,
{
    let next = AssertUnwindSafe(|| chunks.poll_next(body, cx));
    catch_unwind(next).unwrap_or(Poll::Ready(Err(BodyError::Panicked)))
}

/// Tells the layer that the body is refused.
fn report(on_refusal: OnRefusal, refused: &BodyError) {
    if let Some(on_refusal) = on_refusal {
        on_refusal(refused);
    }
}
