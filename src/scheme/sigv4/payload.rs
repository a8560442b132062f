//! `x-amz-content-sha256`: what the signature says of the body, and the body that has to be like that.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::message::read_hash;
use crate::scheme::{JudgeBody, Refusal, VerifyChunks};
use crate::text::hex::HexHash;

/// What is signed in the place of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedPayload {
    /// The hash of the body, which nobody has named: it has to be computed before the signature can be.
    OfBody,
    /// The hash that the body must have.
    Hash([u8; 32]),
    /// Nothing: the body is anybody's.
    Unsigned,
    /// A chain of signatures, one for each chunk.
    SignedChunks {
        /// Whether one for what follows the last chunk ends it.
        trailer: bool,
    },
    /// Nothing, in chunks, and a checksum after the last.
    UnsignedChunks,
}

impl SignedPayload {
    /// What the field says where it names no hash.
    const WORDS: [(&'static str, Self); 4] = [
        ("UNSIGNED-PAYLOAD", Self::Unsigned),
        (
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            Self::SignedChunks { trailer: false },
        ),
        (
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            Self::SignedChunks { trailer: true },
        ),
        ("STREAMING-UNSIGNED-PAYLOAD-TRAILER", Self::UnsignedChunks),
    ];

    /// Reads the field.
    pub(super) fn read(text: &[u8]) -> Result<Self, &'static str> {
        let mut words = Self::WORDS.into_iter();
        let known = words.find(|(word, _)| word.as_bytes() == text);
        let payload = known.map(|(_, payload)| payload);
        payload
            .or_else(|| read_hash(text).map(Self::Hash))
            .ok_or("the payload is signed in no way that is known")
    }

    /// Writes what stands in the canonical request; `None` if only the body can tell.
    pub(super) fn text(&self) -> Option<PayloadText> {
        if let Self::Hash(hash) = self {
            return Some(PayloadText::Hash(HexHash::of(hash)));
        }
        let word = Self::WORDS.into_iter().find(|(_, payload)| payload == self);
        word.map(|(word, _)| PayloadText::Name(word))
    }

    /// Whether the signature covers the body.
    pub(super) const fn covers_body(&self) -> bool {
        !matches!(self, Self::Unsigned | Self::UnsignedChunks)
    }
}

/// The last line of a canonical request.
pub(super) enum PayloadText {
    Hash(HexHash),
    Name(&'static str),
}

impl PayloadText {
    pub(super) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Hash(digits) => digits.as_bytes(),
            Self::Name(name) => name.as_bytes(),
        }
    }
}

/// Hashes a body, and lets a function of the hash decide.
pub(super) struct HashBody<F> {
    hash: Option<Sha256>,
    decide: F,
}

impl<F> HashBody<F> {
    pub(super) const fn new(decide: F) -> Self {
        Self { hash: None, decide }
    }
}

/// The hash of `octets`.
pub(super) fn hash_of(octets: &[u8]) -> [u8; 32] {
    match octets {
        // Of most requests.
        b"" => EMPTY,
        _ => Sha256::digest(octets).into(),
    }
}

const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl<F, V> JudgeBody<V> for HashBody<F>
where
    F: FnOnce([u8; 32]) -> V + Send,
{
    fn push(&mut self, octets: &[u8]) {
        if !octets.is_empty() {
            self.hash.get_or_insert_default().update(octets);
        }
    }

    fn finish(self: Box<Self>, _: &[u8]) -> V {
        let hash = self.hash.map_or(EMPTY, |hash| hash.finalize().into());
        (self.decide)(hash)
    }
}

/// A body whose hash is signed. It is handed on while it arrives, and compared at its end.
pub(super) struct HashedStream {
    hash: Sha256,
    expected: [u8; 32],
    length: Option<u64>,
}

impl HashedStream {
    /// Expects a body with the hash `expected`, of `length` bytes if the head says how many.
    pub(super) fn new(expected: [u8; 32], length: Option<u64>) -> Self {
        let hash = Sha256::new();
        Self {
            hash,
            expected,
            length,
        }
    }
}

impl VerifyChunks for HashedStream {
    fn max_chunk_len(&self) -> usize {
        0
    }

    fn decoded_len(&self) -> Option<u64> {
        self.length
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        self.hash.update(&octets);
        Ok((!octets.is_empty()).then(|| octets.split().freeze()))
    }

    fn finish(&mut self, _: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
        match self.hash.finalize_reset().as_slice() == self.expected {
            true => Ok(None),
            false => Err(another_body()),
        }
    }
}

/// The refusal of a body with another hash than the one that was signed.
pub(super) fn another_body() -> Refusal {
    Refusal::wrong("the body is not the one that was signed")
}

/// A body that nobody has signed, where it is taken. Hands everything on but the trailers: nobody has asked for them to be
/// taken.
pub(super) struct UnsignedBody;

impl VerifyChunks for UnsignedBody {
    fn max_chunk_len(&self) -> usize {
        0
    }

    fn push(&mut self, octets: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        Ok((!octets.is_empty()).then(|| octets.split().freeze()))
    }

    fn finish(&mut self, _: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{EMPTY, SignedPayload, hash_of};

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for text in [
            "UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        ] {
            let written = SignedPayload::read(text.as_bytes()).map(|it| it.text());
            let written = written.expect("it is known").expect("it is there");
            assert_eq!(written.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for text in [
            "",
            "unsigned-payload",
            "STREAMING-UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD",
            "STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD-TRAILER",
            "44CE7DD67C959E0D3524FFAC1771DFBBA87D2B6B4B4E99E42034A8B803F8B072",
        ] {
            assert!(SignedPayload::read(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn the_hash_of_nothing_is_known() {
        assert_eq!(EMPTY, <[u8; 32]>::from(Sha256::digest(b"")));
        assert_eq!(hash_of(b"a"), <[u8; 32]>::from(Sha256::digest(b"a")));
    }
}
