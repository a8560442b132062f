//! `x-amz-content-sha256`: how the signature covers the body, and the judges that verify the body accordingly.

use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use sha2::{Digest, Sha256};

use super::message::read_hash;
use super::reasons;
use crate::reason::ReasonText;
use crate::scheme::{JudgeBody, Refusal, VerifyChunks};
use crate::text::hex::HexHash;

/// The last line of the canonical request, which stands for the body: a hash, or a word that says how the body is
/// signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignedPayload {
    /// The client signed the hash of the body and did not send the hash. The server must hash the body before it can
    /// verify the signature.
    OfBody,
    /// The client signed and sent this hash of the body.
    Hash([u8; 32]),
    /// The client did not sign the body.
    Unsigned,
    /// The client signs each chunk of the body: `aws-chunked` with a chain of chunk signatures.
    SignedChunks {
        /// `true` if a signed trailer follows the last chunk.
        trailer: bool,
    },
    /// The client did not sign the body and sends it as `aws-chunked`, with a checksum in the trailer.
    UnsignedChunks,
}

impl SignedPayload {
    /// The values of the field that are not a hash.
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

    /// Parses the field.
    pub(super) fn read(text: &[u8]) -> Result<Self, ReasonText> {
        let mut words = Self::WORDS.into_iter();
        let known = words.find(|(word, _)| word.as_bytes() == text);
        let payload = known.map(|(_, payload)| payload);
        payload
            .or_else(|| read_hash(text).map(Self::Hash))
            .ok_or(reasons::UNKNOWN_PAYLOAD_HASH)
    }

    /// Returns the last line of the canonical request, or `None` if the body must be hashed first.
    pub(super) fn text(&self) -> Option<PayloadText> {
        if let Self::Hash(hash) = self {
            return Some(PayloadText::Hash(HexHash::of(hash)));
        }
        let word = Self::WORDS.into_iter().find(|(_, payload)| payload == self);
        word.map(|(word, _)| PayloadText::Name(word))
    }

    /// Returns `true` if the signature covers the body.
    pub(super) const fn covers_body(&self) -> bool {
        !matches!(self, Self::Unsigned | Self::UnsignedChunks)
    }
}

/// The text of the last line of a canonical request.
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

/// Hashes a body while it arrives, and passes the hash to the function `decide`.
pub(super) struct HashBody<F> {
    hash: Option<Sha256>,
    decide: F,
}

impl<F> HashBody<F> {
    pub(super) const fn new(decide: F) -> Self {
        Self { hash: None, decide }
    }
}

/// The SHA-256 hash of no bytes.
pub(super) const EMPTY: [u8; 32] = [
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55,
];

impl<F, V> JudgeBody<V> for HashBody<F>
where
    F: FnOnce([u8; 32]) -> V + Send,
{
    fn push(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.hash.get_or_insert_default().update(bytes);
        }
    }

    fn finish(self: Box<Self>, _: &[u8]) -> V {
        let hash = self.hash.map_or(EMPTY, |hash| hash.finalize().into());
        (self.decide)(hash)
    }
}

/// The verifier for a body whose hash is signed. It passes the bytes on while they arrive, and compares the hash at the
/// end.
pub(super) struct HashedStream {
    hash: Sha256,
    expected: [u8; 32],
    length: Option<u64>,
}

impl HashedStream {
    /// Expects a body with the hash `expected`, and with `length` bytes if the head has a length.
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

    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        self.hash.update(&bytes);
        Ok((!bytes.is_empty()).then(|| bytes.split().freeze()))
    }

    fn finish(&mut self, _: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
        match self.hash.finalize_reset().as_slice() == self.expected {
            true => Ok(None),
            false => Err(body_mismatch()),
        }
    }
}

/// The refusal of a body with another hash than the signed one.
pub(super) fn body_mismatch() -> Refusal {
    Refusal::wrong_because(reasons::BODY_HASH_MISMATCH)
}

/// The verifier for an unsigned body. It passes all bytes on. It drops the HTTP trailers, because
/// [`unsigned_payloads`](super::SigV4Builder::unsigned_payloads) accepts unsigned bodies alone.
pub(super) struct UnsignedBody;

impl VerifyChunks for UnsignedBody {
    fn max_chunk_len(&self) -> usize {
        0
    }

    fn push(&mut self, bytes: &mut BytesMut) -> Result<Option<Bytes>, Refusal> {
        Ok((!bytes.is_empty()).then(|| bytes.split().freeze()))
    }

    fn finish(&mut self, _: BytesMut, _: Option<HeaderMap>) -> Result<Option<HeaderMap>, Refusal> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::{EMPTY, SignedPayload};

    #[test]
    fn each_known_payload_is_written_to_the_canonical_request_as_the_client_sent_it() {
        for text in [
            "UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        ] {
            let written = SignedPayload::read(text.as_bytes()).map(|payload| payload.text());
            let written = written
                .expect("a known payload")
                .expect("a payload with a text");
            assert_eq!(written.as_bytes(), text.as_bytes());
        }
    }

    #[test]
    fn an_unknown_payload_is_refused() {
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
    fn the_constant_is_the_hash_of_an_empty_body() {
        assert_eq!(EMPTY, <[u8; 32]>::from(Sha256::digest(b"")));
    }
}
