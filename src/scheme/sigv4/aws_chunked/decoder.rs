//! The decoder for `aws-chunked` bodies: a state machine that verifies the chunks and releases their data.

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use super::super::reasons;
use super::chain::SignatureChain;
use super::checksum::TrailingChecksum;
use super::framing::ChunkFraming;
use super::header::{ChunkHeader, MAX_LINE, take_end, take_line, trailer};
use crate::reason::ReasonText;
use crate::scheme::sigv4::message::read_hash;
use crate::scheme::{Refusal, VerifyChunks};

/// The smallest size of a signed chunk that is not the last one, in bytes. Each chunk signature costs two hashes, so
/// that tiny chunks would let a client cause much work with few bytes.
const MIN_CHUNK: u64 = 8192;

/// The decoder of one `aws-chunked` body.
pub(in crate::scheme::sigv4) struct AwsChunked {
    /// The length of the decoded body, from `x-amz-decoded-content-length`.
    length: u64,
    /// How many decoded bytes have not been announced by a chunk header yet.
    remaining: u64,
    max_chunk: usize,
    /// The chain of chunk signatures, if the chunks are signed.
    chain: Option<SignatureChain>,
    /// The checksum that the trailer must contain, if the head declares a trailer.
    checksum: Option<TrailingChecksum>,
    state: DecoderState,
}

/// The part of the body that the decoder expects next.
enum DecoderState {
    /// A chunk header. `may_follow` is `false` after a chunk that is so short that only the last chunk may follow it.
    Header { may_follow: bool },
    /// The data of a signed chunk. The decoder releases it when it is complete and its chunk signature has verified.
    SignedChunk { size: usize, signature: [u8; 32] },
    /// The rest of an unsigned chunk. The decoder releases the data as it arrives.
    UnsignedChunk { remaining: u64 },
    /// The CRLF after the data of a chunk. The next chunk header follows it.
    EndOfChunk { may_follow: bool },
    /// The line with the checksum. An empty line may come before it: the CRLF that ends the last chunk, which has no
    /// data. `skipped` is `true` after this empty line.
    Trailer { skipped: bool },
    /// The line with the signature of the trailer. `line` is the trailer line that it signs.
    TrailerSignature { line: Vec<u8> },
    /// The last CRLF.
    End,
    /// No more bytes.
    Done,
}

/// The result of one step of the decoder.
enum DecoderStep {
    /// Continue in this state.
    Next(DecoderState),
    /// Wait for more bytes.
    Wait,
    /// Release these verified bytes, and continue in this state.
    Release(Bytes, DecoderState),
}

type StepResult = Result<DecoderStep, Refusal>;

impl AwsChunked {
    /// Creates the decoder of a body. `chain` is `Some` if the chunks are signed. A signed chunk has at most
    /// `max_chunk` bytes.
    pub(in crate::scheme::sigv4) fn new(
        framing: ChunkFraming,
        chain: Option<SignatureChain>,
        max_chunk: usize,
    ) -> Self {
        Self {
            length: framing.length,
            remaining: framing.length,
            max_chunk,
            chain,
            checksum: framing.checksum,
            state: DecoderState::Header { may_follow: true },
        }
    }

    fn step(&mut self, bytes: &mut BytesMut) -> StepResult {
        match &mut self.state {
            &mut DecoderState::Header { may_follow } => {
                let header = next_line(bytes)?.map(|line| ChunkHeader::read(&line));
                match header.transpose().map_err(Refusal::malformed_because)? {
                    Some(header) => self.begin(&header, may_follow),
                    None => Ok(DecoderStep::Wait),
                }
            }
            &mut DecoderState::SignedChunk { size, signature } => {
                self.verify(bytes, size, signature)
            }
            &mut DecoderState::UnsignedChunk { remaining } => Ok(self.pass(bytes, remaining)),
            &mut DecoderState::EndOfChunk { may_follow } => {
                then(take_end(bytes), DecoderState::Header { may_follow })
            }
            &mut DecoderState::Trailer { skipped } => match next_line(bytes)? {
                Some(line) if line.is_empty() && !skipped => {
                    Ok(DecoderStep::Next(DecoderState::Trailer { skipped: true }))
                }
                Some(line) => self.compare(&line),
                None => Ok(DecoderStep::Wait),
            },
            DecoderState::TrailerSignature { line } => match next_line(bytes)? {
                Some(signature) => {
                    let signed = std::mem::take(line);
                    self.verify_trailer(&signature, &signed)
                }
                None => Ok(DecoderStep::Wait),
            },
            DecoderState::End => then(take_end(bytes), DecoderState::Done),
            DecoderState::Done if bytes.is_empty() => Ok(DecoderStep::Wait),
            DecoderState::Done => Err(Refusal::malformed_because(reasons::BYTES_AFTER_LAST_CHUNK)),
        }
    }

    fn begin(&mut self, header: &ChunkHeader, may_follow: bool) -> StepResult {
        self.remaining = (self.remaining.checked_sub(header.size))
            .ok_or_else(|| Refusal::malformed_because(reasons::CHUNKS_TOO_LONG))?;
        if header.size == 0 {
            return self.begin_last(header);
        }
        match (header.signature, &self.chain) {
            (Some(_), Some(_)) if !may_follow => {
                Err(Refusal::malformed_because(reasons::CHUNK_TOO_SMALL))
            }
            (Some(signature), Some(_)) => {
                let size = usize::try_from(header.size).ok();
                let size = size.filter(|size| *size <= self.max_chunk);
                let size =
                    size.ok_or_else(|| Refusal::malformed_because(reasons::CHUNK_TOO_LARGE))?;
                Ok(DecoderStep::Next(DecoderState::SignedChunk {
                    size,
                    signature,
                }))
            }
            (None, None) => Ok(DecoderStep::Next(DecoderState::UnsignedChunk {
                remaining: header.size,
            })),
            _ => Err(unexpected_form()),
        }
    }

    /// Verifies the header of the last chunk, which has no data.
    fn begin_last(&mut self, header: &ChunkHeader) -> StepResult {
        if self.remaining > 0 {
            return Err(Refusal::malformed_because(reasons::CHUNKS_TOO_SHORT));
        }
        let is_valid = match (header.signature, &mut self.chain) {
            (Some(signature), Some(chain)) => chain.continues_with(signature, b""),
            (None, None) => true,
            _ => return Err(unexpected_form()),
        };
        if !is_valid {
            return Err(wrong_signature());
        }
        Ok(DecoderStep::Next(match self.checksum {
            Some(_) => DecoderState::Trailer { skipped: false },
            None => DecoderState::End,
        }))
    }

    fn verify(&mut self, bytes: &mut BytesMut, size: usize, signature: [u8; 32]) -> StepResult {
        if bytes.len() < size {
            return Ok(DecoderStep::Wait);
        }
        let is_valid = (self.chain.as_mut())
            .is_some_and(|chain| chain.continues_with(signature, &bytes[..size]));
        if !is_valid {
            return Err(wrong_signature());
        }
        let may_follow = u64::try_from(size).is_ok_and(|size| size >= MIN_CHUNK);
        let data = self.take(bytes, size);
        Ok(DecoderStep::Release(
            data,
            DecoderState::EndOfChunk { may_follow },
        ))
    }

    /// Releases the data of an unsigned chunk, as far as it has arrived.
    fn pass(&mut self, bytes: &mut BytesMut, remaining: u64) -> DecoderStep {
        let size = usize::try_from(remaining).map_or(bytes.len(), |size| size.min(bytes.len()));
        if size == 0 {
            return DecoderStep::Wait;
        }
        let data = self.take(bytes, size);
        match remaining - u64::try_from(size).unwrap_or(remaining) {
            0 => DecoderStep::Release(data, DecoderState::EndOfChunk { may_follow: true }),
            remaining => DecoderStep::Release(data, DecoderState::UnsignedChunk { remaining }),
        }
    }

    fn take(&mut self, bytes: &mut BytesMut, size: usize) -> Bytes {
        let data = bytes.split_to(size).freeze();
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&data);
        }
        data
    }

    /// Checks that the trailer contains the checksum that `x-amz-trailer` names, and that its value is right.
    fn compare(&mut self, line: &[u8]) -> StepResult {
        let read = trailer(line).zip(self.checksum.take());
        let (name, value, checksum) = match read {
            Some(((name, value), checksum)) if name == checksum.name() => (name, value, checksum),
            _ => {
                return Err(Refusal::malformed_because(reasons::TRAILER_MISMATCH));
            }
        };
        // A signed trailer has a signature, which proves more than a checksum. A client that signs a wrong checksum is
        // refused all the same: the body was damaged before the client signed it.
        if checksum.finish().as_bytes() != value {
            return Err(Refusal::wrong_because(reasons::CHECKSUM_MISMATCH));
        }
        Ok(DecoderStep::Next(match self.chain {
            Some(_) => DecoderState::TrailerSignature {
                line: [name.as_bytes(), b":", value, b"\n"].concat(),
            },
            None => DecoderState::End,
        }))
    }

    fn verify_trailer(&self, line: &[u8], signed: &[u8]) -> StepResult {
        let signature = trailer(line).filter(|(name, _)| name == "x-amz-trailer-signature");
        let signature = signature.and_then(|(_, value)| read_hash(value));
        let signature = signature
            .ok_or_else(|| Refusal::malformed_because(reasons::INVALID_TRAILER_SIGNATURE))?;
        let chain = self.chain.as_ref();
        match chain.is_some_and(|chain| chain.ends_with(signature, signed)) {
            true => Ok(DecoderStep::Next(DecoderState::End)),
            false => Err(wrong_signature()),
        }
    }
}

impl VerifyChunks for AwsChunked {
    fn max_chunk_len(&self) -> usize {
        match self.chain {
            Some(_) => self.max_chunk.max(MAX_LINE),
            None => MAX_LINE,
        }
    }

    fn decoded_len(&self) -> Option<u64> {
        Some(self.length)
    }

    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        loop {
            match self.step(bytes)? {
                DecoderStep::Next(state) => self.state = state,
                DecoderStep::Wait => return Ok(None),
                DecoderStep::Release(data, state) => {
                    self.state = state;
                    return Ok(Some(data));
                }
            }
        }
    }

    /// Drops the HTTP trailers, because no signature covers them. The trailer of `aws-chunked` is part of the body.
    fn finish(
        &mut self,
        rest: BytesMut,
        _: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        match self.state {
            DecoderState::Done if !rest.has_remaining() => Ok(None),
            _ => Err(Refusal::malformed_because(reasons::CHUNKS_END_EARLY)),
        }
    }
}

fn next_line(bytes: &mut BytesMut) -> Result<Option<BytesMut>, Refusal> {
    take_line(bytes).map_err(Refusal::malformed_because)
}

fn then(taken: Result<Option<()>, ReasonText>, state: DecoderState) -> StepResult {
    let taken = taken.map_err(Refusal::malformed_because)?;
    Ok(taken.map_or(DecoderStep::Wait, |()| DecoderStep::Next(state)))
}

fn wrong_signature() -> Refusal {
    Refusal::wrong_because(reasons::CHUNK_SIGNATURE_MISMATCH)
}

/// The refusal of a signed chunk in an unsigned body, or of an unsigned chunk in a signed body.
fn unexpected_form() -> Refusal {
    Refusal::malformed_because(reasons::CHUNK_SIGNATURE_NOT_DECLARED)
}
