//! `aws-chunked` bodies: a state machine over octets, which releases what has verified.

use bytes::{Buf, Bytes, BytesMut};
use http::HeaderMap;

use super::chain::Chain;
use super::checksum::Checksum;
use super::framing::Framing;
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
    chain: Option<Chain>,
    /// The checksum that the trailer has to have, if there is to be one.
    checksum: Option<Checksum>,
    state: State,
}

/// What comes next.
enum State {
    /// The size of a chunk. The last was long enough to be followed by another.
    Header { may_follow: bool },
    /// A chunk that is released when all of it has come and its signature was right.
    Signed { size: usize, signature: [u8; 32] },
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
enum Step {
    /// The state has changed.
    Next(State),
    /// More octets are needed.
    Wait,
    /// This has verified.
    Release(Bytes, State),
}

type Stepped = Result<Step, Refusal>;

impl AwsChunked {
    /// A body that is framed like this, with a chain if its chunks are signed, each of which has at most `largest` octets.
    pub(in crate::scheme::sigv4) fn new(
        framing: Framing,
        chain: Option<Chain>,
        largest: usize,
    ) -> Self {
        Self {
            length: framing.length,
            left: framing.length,
            largest,
            chain,
            checksum: framing.checksum,
            state: State::Header { may_follow: true },
        }
    }

    fn step(&mut self, octets: &mut BytesMut) -> Stepped {
        match &mut self.state {
            &mut State::Header { may_follow } => {
                let header = next_line(octets)?.map(|line| ChunkHeader::read(&line));
                match header.transpose().map_err(Refusal::malformed)? {
                    Some(header) => self.begin(&header, may_follow),
                    None => Ok(Step::Wait),
                }
            }
            &mut State::Signed { size, signature } => self.verify(octets, size, signature),
            &mut State::Unsigned { left } => Ok(self.pass(octets, left)),
            &mut State::EndOfChunk { may_follow } => {
                then(take_end(octets), State::Header { may_follow })
            }
            &mut State::Trailer { skipped } => match next_line(octets)? {
                Some(line) if line.is_empty() && !skipped => {
                    Ok(Step::Next(State::Trailer { skipped: true }))
                }
                Some(line) => self.compare(&line),
                None => Ok(Step::Wait),
            },
            State::TrailerSignature { line } => match next_line(octets)? {
                Some(signature) => {
                    let signed = std::mem::take(line);
                    self.verify_trailer(&signature, &signed)
                }
                None => Ok(Step::Wait),
            },
            State::End => then(take_end(octets), State::Over),
            State::Over if octets.is_empty() => Ok(Step::Wait),
            State::Over => Err(Refusal::malformed("something follows the last chunk")),
        }
    }

    fn begin(&mut self, header: &ChunkHeader, may_follow: bool) -> Stepped {
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
                Ok(Step::Next(State::Signed { size, signature }))
            }
            (None, None) => Ok(Step::Next(State::Unsigned { left: header.size })),
            _ => Err(another_form()),
        }
    }

    /// The last chunk has no data.
    fn begin_last(&mut self, header: &ChunkHeader) -> Stepped {
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
        Ok(Step::Next(match self.checksum {
            Some(_) => State::Trailer { skipped: false },
            None => State::End,
        }))
    }

    fn verify(&mut self, octets: &mut BytesMut, size: usize, signature: [u8; 32]) -> Stepped {
        if octets.len() < size {
            return Ok(Step::Wait);
        }
        let right = (self.chain.as_mut())
            .is_some_and(|chain| chain.continues_with(signature, &octets[..size]));
        if !right {
            return Err(wrong());
        }
        let may_follow = u64::try_from(size).is_ok_and(|size| size >= SHORTEST);
        let data = self.take(octets, size);
        Ok(Step::Release(data, State::EndOfChunk { may_follow }))
    }

    fn pass(&mut self, octets: &mut BytesMut, left: u64) -> Step {
        let size = usize::try_from(left).map_or(octets.len(), |left| left.min(octets.len()));
        if size == 0 {
            return Step::Wait;
        }
        let data = self.take(octets, size);
        match left - u64::try_from(size).unwrap_or(left) {
            0 => Step::Release(data, State::EndOfChunk { may_follow: true }),
            left => Step::Release(data, State::Unsigned { left }),
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
    fn compare(&mut self, line: &[u8]) -> Stepped {
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
        Ok(Step::Next(match self.chain {
            Some(_) => State::TrailerSignature {
                line: [name.as_bytes(), b":", value, b"\n"].concat(),
            },
            None => State::End,
        }))
    }

    fn verify_trailer(&self, line: &[u8], signed: &[u8]) -> Stepped {
        let signature = trailer(line).filter(|(name, _)| name == "x-amz-trailer-signature");
        let signature = signature.and_then(|(_, value)| read_hash(value));
        let signature =
            signature.ok_or_else(|| Refusal::malformed("the trailer has no signature"))?;
        let chain = self.chain.as_ref();
        match chain.is_some_and(|chain| chain.ends_with(signature, signed)) {
            true => Ok(Step::Next(State::End)),
            false => Err(wrong()),
        }
    }
}

impl VerifyChunks for AwsChunked {
    fn largest(&self) -> usize {
        match self.chain {
            Some(_) => self.largest.max(LONGEST_LINE),
            None => LONGEST_LINE,
        }
    }

    fn released_length(&self) -> Option<u64> {
        Some(self.length)
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        loop {
            match self.step(octets)? {
                Step::Next(state) => self.state = state,
                Step::Wait => return Ok(None),
                Step::Release(data, state) => {
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
            State::Over if !rest.has_remaining() => Ok(None),
            _ => Err(Refusal::malformed("the chunks break off")),
        }
    }
}

fn next_line(octets: &mut BytesMut) -> Result<Option<BytesMut>, Refusal> {
    take_line(octets).map_err(Refusal::malformed)
}

fn then(taken: Result<Option<()>, &'static str>, state: State) -> Stepped {
    let taken = taken.map_err(Refusal::malformed)?;
    Ok(taken.map_or(Step::Wait, |()| Step::Next(state)))
}

fn wrong() -> Refusal {
    Refusal::wrong("the signature of a chunk is wrong")
}

fn another_form() -> Refusal {
    Refusal::malformed("the chunks are not of the form that was signed")
}
