//! Verification of a body chunk by chunk, while the inner service reads it.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::data::{BoxError, append, broken};
use crate::body_limits::BodyPace;
use crate::derives::shows;
use crate::reason::{ReasonText, coded};
use crate::scheme::{BodyError, OnRefusal, Refusal};

/// Verifies a body chunk by chunk.
///
/// The implementation decides where a chunk begins and ends. The chunks need not be the frames or the chunks of HTTP:
/// for example, an `aws-chunked` body has chunks of its own, which may be cut anywhere into HTTP chunks.
///
/// After the first refusal, the layer calls no method any more. A panic leads to `503`.
///
/// # Example
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use http::HeaderMap;
/// use tower_challenge::scheme::{Refusal, VerifyChunks};
///
/// /// Verifies a body in which the client sends every byte twice.
/// struct Twice;
///
/// impl VerifyChunks for Twice {
///     fn max_chunk_len(&self) -> usize {
///         2
///     }
///
///     fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
///         match bytes[..] {
///             [first, second, ..] if first == second => {
///                 let pair = bytes.split_to(2).freeze();
///                 Ok(Some(pair.slice(..1)))
///             }
///             [_, _, ..] => Err(Refusal::wrong("the two bytes differ")),
///             _ => Ok(None),
///         }
///     }
///
///     fn finish(&mut self, rest: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
///         if rest.is_empty() { Ok(None) } else { Err(Refusal::malformed("the body ends after half a pair")) }
///     }
/// }
///
/// let mut bytes = BytesMut::from("aabc");
/// assert_eq!(Twice.push(&mut bytes).unwrap().as_deref(), Some(&b"a"[..]));
/// assert!(Twice.push(&mut bytes).is_err());
/// ```
pub trait VerifyChunks: Send + Sync + 'static {
    /// Returns the largest number of bytes that [`push`](Self::push) may need before it can consume any of them. This
    /// is usually the length of the largest chunk with its header.
    ///
    /// If more bytes are buffered and `push` consumes none of them, the layer refuses the body with `413`.
    fn max_chunk_len(&self) -> usize;

    /// Returns the number of bytes that the verifier will release altogether, if the head of the request declares it.
    /// The layer refuses a body that releases more or fewer bytes with `400`.
    ///
    /// The inner service sees this number as the length of the body. The layer withholds the last chunk until the end
    /// of the body has verified. An inner service that counts the bytes and stops at this length has therefore read a
    /// completely verified body.
    fn decoded_len(&self) -> Option<u64> {
        None
    }

    /// Verifies the next part of the body.
    ///
    /// `bytes` holds all bytes that have arrived and were not consumed yet. The method consumes bytes by taking them
    /// out of the buffer. It returns:
    ///
    /// - `Some` with verified bytes. The layer releases them to the inner service.
    /// - `Some` with no bytes, if it has consumed bytes and has nothing to release yet, for example after a chunk
    ///   header.
    /// - `None` if it needs more bytes.
    ///
    /// After `Some`, the layer calls the method again at once, if it has released or consumed a byte.
    ///
    /// # Errors
    ///
    /// The body fails verification.
    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal>;

    /// Verifies the end of the body.
    ///
    /// `rest` holds the bytes that were not consumed; a body with such a rest is usually incomplete. `trailers` holds
    /// the HTTP trailers. The method returns those trailers that have verified. The layer drops all others.
    ///
    /// # Errors
    ///
    /// The body fails verification, or it ends too early.
    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal>;
}

impl<V: VerifyChunks + ?Sized> VerifyChunks for Box<V> {
    fn max_chunk_len(&self) -> usize {
        (**self).max_chunk_len()
    }

    fn decoded_len(&self) -> Option<u64> {
        (**self).decoded_len()
    }

    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        (**self).push(bytes)
    }

    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        (**self).finish(rest, trailers)
    }
}

/// Reads a body and passes it through its verifier.
pub(super) struct ChunkReader {
    verifier: Box<dyn VerifyChunks>,
    pace: BodyPace,
    /// The bytes that have arrived and that the verifier has not consumed.
    pending: BytesMut,
    /// `true` if the verifier can do nothing before more bytes arrive.
    needs_bytes: bool,
    trailers: Option<HeaderMap>,
    /// The number of bytes that the verifier still has to release, if the head declares it.
    remaining: Option<u64>,
    /// The last chunk, until the end of the body has verified.
    withheld: Option<Bytes>,
    pub(super) on_refusal: OnRefusal,
}

/// The next part of a body.
pub(super) enum NextChunk {
    /// A verified chunk.
    Chunk(Bytes),
    /// The verified end of the body, with the withheld last chunk and the verified trailers.
    End(Option<Bytes>, Option<HeaderMap>),
}

impl ChunkReader {
    pub(super) fn new(verifier: Box<dyn VerifyChunks>, pace: BodyPace) -> Self {
        Self {
            remaining: verifier.decoded_len(),
            verifier,
            pace,
            pending: BytesMut::new(),
            needs_bytes: true,
            trailers: None,
            withheld: None,
            on_refusal: None,
        }
    }

    pub(super) fn poll_next<B>(
        &mut self,
        mut body: Pin<&mut B>,
        cx: &mut Context<'_>,
    ) -> Poll<Result<NextChunk, BodyError>>
    where
        B: Body<Error: Into<BoxError>>,
    {
        loop {
            if let Some(chunk) = self.verify()? {
                return Poll::Ready(Ok(NextChunk::Chunk(chunk)));
            }
            match body.as_mut().poll_frame(cx) {
                Poll::Pending => {
                    return Poll::Ready(Err(ready!(self.pace.poll_too_slow(cx)).into()));
                }
                Poll::Ready(Some(Ok(frame))) => self.take(frame)?,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(error))),
                Poll::Ready(None) => return Poll::Ready(self.finish()),
            }
        }
    }

    /// Passes the pending bytes to the verifier, until it releases a chunk or needs more bytes.
    fn verify(&mut self) -> Result<Option<Bytes>, BodyError> {
        while !self.needs_bytes {
            let before = self.pending.len();
            let pushed = self.verifier.push(&mut self.pending);
            let chunk = pushed.map_err(BodyError::Refused)?;
            // A verifier that returns `Some` and neither releases nor consumes a byte would make this loop endless.
            let consumed = self.pending.len() < before;
            let released = chunk.as_ref().is_some_and(|chunk| !chunk.is_empty());
            self.needs_bytes = chunk.is_none() || !(released || consumed);
            if let Some(chunk) = chunk.filter(|_| released) {
                if let Some(chunk) = self.release(chunk)? {
                    return Ok(Some(chunk));
                }
            }
        }
        if self.pending.len() > self.verifier.max_chunk_len() {
            return Err(BodyError::TooLong);
        }
        Ok(None)
    }

    /// Counts the released bytes, and withholds the chunk that completes the declared length.
    fn release(&mut self, chunk: Bytes) -> Result<Option<Bytes>, BodyError> {
        let Some(remaining) = &mut self.remaining else {
            return Ok(Some(chunk));
        };
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        *remaining = remaining.checked_sub(length).ok_or_else(|| {
            length_mismatch(coded!(
                "body_longer_than_declared",
                "the body is longer than its declared length"
            ))
        })?;
        if *remaining > 0 {
            return Ok(Some(chunk));
        }
        self.withheld = Some(chunk);
        Ok(None)
    }

    fn take<D: bytes::Buf>(&mut self, frame: Frame<D>) -> Result<(), BodyError> {
        match frame.into_data() {
            Ok(data) => {
                self.pace.arrived(data.remaining())?;
                append(&mut self.pending, data, |_| ());
                self.needs_bytes = false;
            }
            Err(frame) => self.trailers = frame.into_trailers().ok(),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<NextChunk, BodyError> {
        let rest = std::mem::take(&mut self.pending);
        let verified = self.verifier.finish(rest, self.trailers.take());
        let trailers = verified.map_err(BodyError::Refused)?;
        if self.remaining.is_some_and(|remaining| remaining > 0) {
            return Err(length_mismatch(coded!(
                "body_shorter_than_declared",
                "the body is shorter than its declared length"
            )));
        }
        Ok(NextChunk::End(self.withheld.take(), trailers))
    }

    /// The length that the inner service can still read, if the head declares it.
    ///
    /// A length of 0 is not reported. An inner service that is told that a body is empty does not read it, so that the
    /// end of the body would not be verified.
    pub(super) fn size_hint(&self) -> SizeHint {
        let withheld = self.withheld.as_ref().map_or(0, Bytes::len);
        let withheld = u64::try_from(withheld).unwrap_or(u64::MAX);
        let readable = self
            .remaining
            .map(|remaining| remaining.saturating_add(withheld));
        readable
            .filter(|&readable| readable > 0)
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn length_mismatch(reason: ReasonText) -> BodyError {
    BodyError::Refused(Refusal::malformed_because(reason))
}

shows! { impl[] ChunkReader[] as self { pace: self.pace, remaining: self.remaining } }
