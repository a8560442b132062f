//! How a body is verified while it is read.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http_body::{Body, Frame, SizeHint};

use super::data::{BoxError, append, broken};
use super::pace::BodyPace;
use crate::derives::shows;
use crate::scheme::{BodyError, OnRefusal, Refusal};

/// Verifies a body chunk by chunk. What a chunk is, it knows itself: that of HTTP, or one within it.
///
/// It is asked nothing more after the first refusal. A panic is a refusal, too: `503`.
///
/// # Example
///
/// ```
/// use bytes::{Bytes, BytesMut};
/// use http::HeaderMap;
/// use tower_challenge::scheme::{Refusal, VerifyChunks};
///
/// /// Every octet is sent twice.
/// struct Twice;
///
/// impl VerifyChunks for Twice {
///     fn max_chunk_len(&self) -> usize {
///         2
///     }
///
///     fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
///         match octets[..] {
///             [one, again, ..] if one == again => {
///                 let pair = octets.split_to(2).freeze();
///                 Ok(Some(pair.slice(..1)))
///             }
///             [_, _, ..] => Err(Refusal::wrong("an octet was changed")),
///             _ => Ok(None),
///         }
///     }
///
///     fn finish(&mut self, rest: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
///         if rest.is_empty() { Ok(None) } else { Err(Refusal::malformed("it ends in the middle")) }
///     }
/// }
///
/// let mut octets = BytesMut::from("aabc");
/// assert_eq!(Twice.push(&mut octets).unwrap().as_deref(), Some(&b"a"[..]));
/// assert!(Twice.push(&mut octets).is_err());
/// ```
pub trait VerifyChunks: Send + Sync + 'static {
    /// The most octets that may have to come before [`push`](Self::push) can consume any of them: the largest chunk, with
    /// what frames it. If more are there, and it consumes none, the body is refused with `413`.
    fn max_chunk_len(&self) -> usize;

    /// How many octets will be released altogether, if the head has said so. More or fewer of them are refused with `400`.
    ///
    /// It becomes the length of the body that the inner service sees. The octets that complete it are held back until the
    /// end has verified, so that whoever counts and stops there has read a verified body.
    fn decoded_len(&self) -> Option<u64> {
        None
    }

    /// Verifies what it can of `octets`, which have come and were not consumed. What it takes out of them is consumed; what
    /// it returns has verified, and is released. `None`: it needs more octets.
    ///
    /// It is called again at once after it has released something, or nothing, but consumed some.
    ///
    /// # Errors
    ///
    /// The body does not verify.
    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal>;

    /// Verifies the end of the body: `rest` is what was not consumed, and belongs nowhere, `trailers` those of HTTP. Returns
    /// those that have verified; all others are dropped.
    ///
    /// # Errors
    ///
    /// The body does not verify, or ends too early.
    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal>;
}

/// One that may be any.
impl<V: VerifyChunks + ?Sized> VerifyChunks for Box<V> {
    fn max_chunk_len(&self) -> usize {
        (**self).max_chunk_len()
    }

    fn decoded_len(&self) -> Option<u64> {
        (**self).decoded_len()
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        (**self).push(octets)
    }

    fn finish(
        &mut self,
        rest: BytesMut,
        trailers: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        (**self).finish(rest, trailers)
    }
}

/// A body that is being verified.
pub(super) struct ChunkReader {
    verifier: Box<dyn VerifyChunks>,
    pace: BodyPace,
    octets: BytesMut,
    /// Whether the verifier has seen all of `octets`.
    hungry: bool,
    trailers: Option<HeaderMap>,
    /// How many octets are still to be released, if that is known.
    left: Option<u64>,
    /// The last of them, until the end has verified.
    held: Option<Bytes>,
    pub(super) on_refusal: OnRefusal,
}

/// What comes next of a body.
pub(super) enum NextChunk {
    /// A chunk that has verified.
    Chunk(Bytes),
    /// The end, which has verified; and what was held back until then.
    End(Option<Bytes>, Option<HeaderMap>),
}

impl ChunkReader {
    pub(super) fn new(verifier: Box<dyn VerifyChunks>, pace: BodyPace) -> Self {
        Self {
            left: verifier.decoded_len(),
            verifier,
            pace,
            octets: BytesMut::new(),
            hungry: true,
            trailers: None,
            held: None,
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
                Poll::Pending => return Poll::Ready(Err(ready!(self.pace.poll_too_slow(cx)))),
                Poll::Ready(Some(Ok(frame))) => self.take(frame)?,
                Poll::Ready(Some(Err(error))) => return Poll::Ready(Err(broken(error))),
                Poll::Ready(None) => return Poll::Ready(self.finish()),
            }
        }
    }

    /// Verifies what has come, until there is something to release.
    fn verify(&mut self) -> Result<Option<Bytes>, BodyError> {
        while !self.hungry {
            let before = self.octets.len();
            let pushed = self.verifier.push(&mut self.octets);
            let chunk = pushed.map_err(BodyError::Refused)?;
            // Who releases nothing and consumes nothing would be asked for ever.
            let gets_on = self.octets.len() < before;
            let released = chunk.as_ref().is_some_and(|chunk| !chunk.is_empty());
            self.hungry = chunk.is_none() || !(released || gets_on);
            if let Some(chunk) = chunk.filter(|_| released) {
                if let Some(chunk) = self.release(chunk)? {
                    return Ok(Some(chunk));
                }
            }
        }
        if self.octets.len() > self.verifier.max_chunk_len() {
            return Err(BodyError::TooLong);
        }
        Ok(None)
    }

    /// Counts what is released, and holds the last of it back.
    fn release(&mut self, chunk: Bytes) -> Result<Option<Bytes>, BodyError> {
        let Some(left) = &mut self.left else {
            return Ok(Some(chunk));
        };
        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        *left = left
            .checked_sub(length)
            .ok_or_else(|| another_length("the body is longer than was said"))?;
        if *left > 0 {
            return Ok(Some(chunk));
        }
        self.held = Some(chunk);
        Ok(None)
    }

    fn take<D: bytes::Buf>(&mut self, frame: Frame<D>) -> Result<(), BodyError> {
        match frame.into_data() {
            Ok(data) => {
                self.pace.arrived(data.remaining())?;
                append(&mut self.octets, data, |_| ());
                self.hungry = false;
            }
            Err(frame) => self.trailers = frame.into_trailers().ok(),
        }
        Ok(())
    }

    fn finish(&mut self) -> Result<NextChunk, BodyError> {
        let rest = std::mem::take(&mut self.octets);
        let verified = self.verifier.finish(rest, self.trailers.take());
        let trailers = verified.map_err(BodyError::Refused)?;
        if self.left.is_some_and(|left| left > 0) {
            return Err(another_length("the body is shorter than was said"));
        }
        Ok(NextChunk::End(self.held.take(), trailers))
    }

    /// An empty body is not known to be empty before its end has verified: whoever is told so would not look.
    pub(super) fn size_hint(&self) -> SizeHint {
        let held = self.held.as_ref().map_or(0, Bytes::len);
        let held = u64::try_from(held).unwrap_or(u64::MAX);
        let left = self.left.map(|left| left.saturating_add(held));
        left.filter(|&left| left > 0)
            .map_or_else(SizeHint::default, SizeHint::with_exact)
    }
}

fn another_length(reason: &'static str) -> BodyError {
    BodyError::Refused(Refusal::malformed(reason))
}

shows! { impl[] ChunkReader[] as self { pace: self.pace, left: self.left } }
