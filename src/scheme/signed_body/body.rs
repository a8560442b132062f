//! The body that the inner service is handed.

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
use super::pace::BodyPace;
use crate::scheme::{BodyError, OnRefusal};

pin_project! {
    /// A request body of which nothing is seen before it has verified, where it has to.
    ///
    /// It is one of three: a body that was read and judged, which is played back without its trailers; one that is verified
    /// chunk by chunk while it is read, and ends with a [`BodyError`](crate::scheme::BodyError) if it does not verify;
    /// and one that no scheme had to look at, as it came, with its own errors.
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
        /// What is left has verified; or nothing is left.
        Verified {
            octets: Option<Bytes>,
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

    pub(super) fn read(octets: Bytes) -> Self {
        Self {
            state: BodyState::verified(Some(octets).filter(|octets| !octets.is_empty()), None),
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
    const fn verified(octets: Option<Bytes>, trailers: Option<HeaderMap>) -> Self {
        Self::Verified { octets, trailers }
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
                StateProj::Verified { octets, trailers } => {
                    let octets = octets.take().map(Frame::data);
                    let frame = octets.or_else(|| trailers.take().map(Frame::trailers));
                    return Poll::Ready(frame.map(Ok));
                }
                StateProj::Verifying { body, chunks } => {
                    match ready!(poll_next(body, chunks, cx)) {
                        Ok(NextChunk::Chunk(chunk)) => {
                            return Poll::Ready(Some(Ok(Frame::data(chunk))));
                        }
                        Ok(NextChunk::End(held, trailers)) => {
                            (BodyState::verified(held, trailers), None)
                        }
                        Err(refused) => {
                            tell(chunks.on_refusal.take(), &refused);
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
            BodyState::Verified { octets, trailers } => octets.is_none() && trailers.is_none(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.state {
            BodyState::Untouched { body } => body.size_hint(),
            BodyState::Verifying { chunks, .. } => chunks.size_hint(),
            BodyState::Verified { octets, .. } => {
                let left = octets.as_ref().map_or(0, Bytes::len);
                SizeHint::with_exact(u64::try_from(left).unwrap_or(u64::MAX))
            }
        }
    }
}

/// A verifier that panicked has verified nothing.
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

/// Before the body is at its end: whoever then answers is known to have read a bad one.
fn tell(on_refusal: OnRefusal, refused: &BodyError) {
    if let Some(tell) = on_refusal {
        tell(refused);
    }
}
