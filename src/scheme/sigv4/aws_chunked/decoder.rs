//! `aws-chunked` bodies: a state machine over octets, which releases what has verified.

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use super::chain::SignatureChain;
use super::checksum::TrailingChecksum;
use super::framing::ChunkFraming;
use super::header::{ChunkHeader, LONGEST_LINE, take_end, take_line, trailer};
use crate::scheme::sigv4::message::read_hash;
use crate::scheme::{Refusal, VerifyChunks};

/// The shortest chunk that another may follow. Each costs two hashes.
const SHORTEST: u64 = 8192;

/// A body in chunks, as far as it has come.
pub(in crate::scheme::sigv4) struct AwsChunked {
    /// How long the body is without its framing.
    length: u64,
    /// How much of that is still to come.
    left: u64,
    largest: usize,
    /// The signatures, if the chunks have any.
    chain: Option<SignatureChain>,
    /// The checksum that the trailer has to have, if there is to be one.
    checksum: Option<TrailingChecksum>,
    state: DecoderState,
}

/// What comes next.
enum DecoderState {
    /// The size of a chunk. The last was long enough to be followed by another.
    Header { may_follow: bool },
    /// A chunk that is released when all of it has come and its signature was right.
    SignatureParams { size: usize, signature: [u8; 32] },
    /// What is left of a chunk that has no signature to wait for.
    Unsigned { left: u64 },
    /// CRLF, and then the next chunk.
    EndOfChunk { may_follow: bool },
    /// The checksum, before which an empty line may stand, the end of a last chunk without data.
    Trailer { skipped: bool },
    /// The signature of a trailer with this line.
    TrailerSignature { line: Vec<u8> },
    /// CRLF, and then nothing.
    End,
    /// Nothing.
    Over,
}

/// What a step came to.
enum DecoderStep {
    /// The state has changed.
    Next(DecoderState),
    /// More octets are needed.
    Wait,
    /// This has verified.
    Release(Bytes, DecoderState),
}

type StepResult = Result<DecoderStep, Refusal>;

impl AwsChunked {
    /// A body that is framed like this, with a chain if its chunks are signed, each of which has at most `largest` octets.
    pub(in crate::scheme::sigv4) fn new(
        framing: ChunkFraming,
        chain: Option<SignatureChain>,
        largest: usize,
    ) -> Self {
        Self {
            length: framing.length,
            left: framing.length,
            largest,
            chain,
            checksum: framing.checksum,
            state: DecoderState::Header { may_follow: true },
        }
    }

    fn step(&mut self, octets: &mut BytesMut) -> StepResult {
        match &mut self.state {
            &mut DecoderState::Header { may_follow } => {
                let header = next_line(octets)?.map(|line| ChunkHeader::read(&line));
                match header.transpose().map_err(Refusal::malformed)? {
                    Some(header) => self.begin(&header, may_follow),
                    None => Ok(DecoderStep::Wait),
                }
            }
            &mut DecoderState::SignatureParams { size, signature } => {
                self.verify(octets, size, signature)
            }
            &mut DecoderState::Unsigned { left } => Ok(self.pass(octets, left)),
            &mut DecoderState::EndOfChunk { may_follow } => {
                then(take_end(octets), DecoderState::Header { may_follow })
            }
            &mut DecoderState::Trailer { skipped } => match next_line(octets)? {
                Some(line) if line.is_empty() && !skipped => {
                    Ok(DecoderStep::Next(DecoderState::Trailer { skipped: true }))
                }
                Some(line) => self.compare(&line),
                None => Ok(DecoderStep::Wait),
            },
            DecoderState::TrailerSignature { line } => match next_line(octets)? {
                Some(signature) => {
                    let signed = std::mem::take(line);
                    self.verify_trailer(&signature, &signed)
                }
                None => Ok(DecoderStep::Wait),
            },
            DecoderState::End => then(take_end(octets), DecoderState::Over),
            DecoderState::Over if octets.is_empty() => Ok(DecoderStep::Wait),
            DecoderState::Over => Err(Refusal::malformed("something follows the last chunk")),
        }
    }

    fn begin(&mut self, header: &ChunkHeader, may_follow: bool) -> StepResult {
        self.left = (self.left.checked_sub(header.size))
            .ok_or_else(|| Refusal::malformed("the chunks are longer than was said"))?;
        if header.size == 0 {
            return self.begin_last(header);
        }
        match (header.signature, &self.chain) {
            (Some(_), Some(_)) if !may_follow => Err(Refusal::malformed(
                "a chunk is too short for another to follow",
            )),
            (Some(signature), Some(_)) => {
                let size = usize::try_from(header.size).ok();
                let size = size.filter(|size| *size <= self.largest);
                let size = size.ok_or_else(|| Refusal::malformed("a chunk is too long"))?;
                Ok(DecoderStep::Next(DecoderState::SignatureParams {
                    size,
                    signature,
                }))
            }
            (None, None) => Ok(DecoderStep::Next(DecoderState::Unsigned {
                left: header.size,
            })),
            _ => Err(another_form()),
        }
    }

    /// The last chunk has no data.
    fn begin_last(&mut self, header: &ChunkHeader) -> StepResult {
        if self.left > 0 {
            return Err(Refusal::malformed("the chunks are shorter than was said"));
        }
        let right = match (header.signature, &mut self.chain) {
            (Some(signature), Some(chain)) => chain.continues_with(signature, b""),
            (None, None) => true,
            _ => return Err(another_form()),
        };
        if !right {
            return Err(wrong());
        }
        Ok(DecoderStep::Next(match self.checksum {
            Some(_) => DecoderState::Trailer { skipped: false },
            None => DecoderState::End,
        }))
    }

    fn verify(&mut self, octets: &mut BytesMut, size: usize, signature: [u8; 32]) -> StepResult {
        if octets.len() < size {
            return Ok(DecoderStep::Wait);
        }
        let right = (self.chain.as_mut())
            .is_some_and(|chain| chain.continues_with(signature, &octets[..size]));
        if !right {
            return Err(wrong());
        }
        let may_follow = u64::try_from(size).is_ok_and(|size| size >= SHORTEST);
        let data = self.take(octets, size);
        Ok(DecoderStep::Release(
            data,
            DecoderState::EndOfChunk { may_follow },
        ))
    }

    fn pass(&mut self, octets: &mut BytesMut, left: u64) -> DecoderStep {
        let size = usize::try_from(left).map_or(octets.len(), |left| left.min(octets.len()));
        if size == 0 {
            return DecoderStep::Wait;
        }
        let data = self.take(octets, size);
        match left - u64::try_from(size).unwrap_or(left) {
            0 => DecoderStep::Release(data, DecoderState::EndOfChunk { may_follow: true }),
            left => DecoderStep::Release(data, DecoderState::Unsigned { left }),
        }
    }

    fn take(&mut self, octets: &mut BytesMut, size: usize) -> Bytes {
        let data = octets.split_to(size).freeze();
        if let Some(checksum) = &mut self.checksum {
            checksum.update(&data);
        }
        data
    }

    /// Whether the trailer has the checksum that was announced, and the right one.
    fn compare(&mut self, line: &[u8]) -> StepResult {
        let read = trailer(line).zip(self.checksum.take());
        let (name, value, checksum) = match read {
            Some(((name, value), checksum)) if name == checksum.name() => (name, value, checksum),
            _ => {
                return Err(Refusal::malformed(
                    "the trailer is not the one that was announced",
                ));
            }
        };
        // Where the trailer is signed, its signature says more: but it may be the client's own that is wrong.
        if checksum.finish().as_bytes() != value {
            return Err(Refusal::wrong("the checksum is that of another body"));
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
        let signature =
            signature.ok_or_else(|| Refusal::malformed("the trailer has no signature"))?;
        let chain = self.chain.as_ref();
        match chain.is_some_and(|chain| chain.ends_with(signature, signed)) {
            true => Ok(DecoderStep::Next(DecoderState::End)),
            false => Err(wrong()),
        }
    }
}

impl VerifyChunks for AwsChunked {
    fn max_chunk_len(&self) -> usize {
        match self.chain {
            Some(_) => self.largest.max(LONGEST_LINE),
            None => LONGEST_LINE,
        }
    }

    fn decoded_len(&self) -> Option<u64> {
        Some(self.length)
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        loop {
            match self.step(octets)? {
                DecoderStep::Next(state) => self.state = state,
                DecoderStep::Wait => return Ok(None),
                DecoderStep::Release(data, state) => {
                    self.state = state;
                    return Ok(Some(data));
                }
            }
        }
    }

    /// Trailers of HTTP are covered by nothing.
    fn finish(
        &mut self,
        rest: BytesMut,
        _: Option<HeaderMap>,
    ) -> Result<Option<HeaderMap>, Refusal> {
        match self.state {
            DecoderState::Over if !rest.has_remaining() => Ok(None),
            _ => Err(Refusal::malformed("the chunks break off")),
        }
    }
}

fn next_line(octets: &mut BytesMut) -> Result<Option<BytesMut>, Refusal> {
    take_line(octets).map_err(Refusal::malformed)
}

fn then(taken: Result<Option<()>, &'static str>, state: DecoderState) -> StepResult {
    let taken = taken.map_err(Refusal::malformed)?;
    Ok(taken.map_or(DecoderStep::Wait, |()| DecoderStep::Next(state)))
}

fn wrong() -> Refusal {
    Refusal::wrong("the signature of a chunk is wrong")
}

fn another_form() -> Refusal {
    Refusal::malformed("the chunks are not of the form that was signed")
}
