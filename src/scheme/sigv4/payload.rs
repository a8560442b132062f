//! `x-amz-content-sha256`: what the signature says of the body.

use super::message::read_hash;
use crate::hex::Hex;

/// What is signed in the place of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payload {
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

impl Payload {
    /// Reads the field.
    pub(super) fn read(text: &[u8]) -> Result<Self, &'static str> {
        Ok(match text {
            b"UNSIGNED-PAYLOAD" => Self::Unsigned,
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD" => Self::SignedChunks { trailer: false },
            b"STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER" => Self::SignedChunks { trailer: true },
            b"STREAMING-UNSIGNED-PAYLOAD-TRAILER" => Self::UnsignedChunks,
            _ => {
                Self::Hash(read_hash(text).ok_or("the payload is signed in no way that is known")?)
            }
        })
    }

    /// Writes what stands in the canonical request; `None` if only the body can tell.
    pub(super) fn text(&self) -> Option<PayloadText> {
        Some(match self {
            Self::OfBody => return None,
            Self::Hash(hash) => PayloadText::Hash(Hex::of(hash)),
            Self::Unsigned => PayloadText::Name("UNSIGNED-PAYLOAD"),
            Self::SignedChunks { trailer: false } => {
                PayloadText::Name("STREAMING-AWS4-HMAC-SHA256-PAYLOAD")
            }
            Self::SignedChunks { trailer: true } => {
                PayloadText::Name("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER")
            }
            Self::UnsignedChunks => PayloadText::Name("STREAMING-UNSIGNED-PAYLOAD-TRAILER"),
        })
    }

    /// Whether the signature covers the body.
    pub(super) const fn covers_body(&self) -> bool {
        !matches!(self, Self::Unsigned | Self::UnsignedChunks)
    }
}

/// The last line of a canonical request.
pub(super) enum PayloadText {
    Hash(Hex),
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

#[cfg(test)]
mod tests {
    use super::Payload;

    #[test]
    fn what_is_read_is_written_as_it_was() {
        for text in [
            "UNSIGNED-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD",
            "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER",
            "STREAMING-UNSIGNED-PAYLOAD-TRAILER",
            "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        ] {
            let written = Payload::read(text.as_bytes()).map(|it| it.text());
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
            assert!(Payload::read(text.as_bytes()).is_err(), "{text}");
        }
    }
}
