//! The header fields that describe an `aws-chunked` body.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::super::reasons;
use super::checksum::TrailingChecksum;
use crate::reason::ReasonText;
use crate::scheme::sigv4::fields::FieldLines;
use crate::scheme::sigv4::payload::SignedPayload;
use crate::text::decimal::number;

const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");
const AWS_CHUNKED: &str = "aws-chunked";

/// The length of the decoded body, and the trailer that follows the last chunk.
///
/// The client has signed both, because they come from `x-amz-` fields.
pub(in crate::scheme::sigv4) struct ChunkFraming {
    pub(super) length: u64,
    /// The checksum that the trailer must contain.
    pub(super) checksum: Option<TrailingChecksum>,
    /// `Content-Encoding` without `aws-chunked`.
    encoding: Option<HeaderValue>,
}

impl ChunkFraming {
    /// Reads the fields of an `aws-chunked` body. Returns `None` for any other payload.
    pub(in crate::scheme::sigv4) fn read(
        payload: SignedPayload,
        headers: &HeaderMap,
    ) -> Result<Option<Box<Self>>, ReasonText> {
        let has_trailer = match payload {
            SignedPayload::SignedChunks { trailer } => trailer,
            SignedPayload::UnsignedChunks => true,
            SignedPayload::OfBody | SignedPayload::Hash(_) | SignedPayload::Unsigned => {
                return Ok(None);
            }
        };
        let checksum = match (FieldLines::of(&TRAILER, headers).only()?, has_trailer) {
            (Some(name), true) => {
                Some(TrailingChecksum::named(name.as_bytes()).ok_or(reasons::UNKNOWN_CHECKSUM)?)
            }
            (None, false) => None,
            (None, true) => return Err(reasons::TRAILER_MISSING),
            (Some(_), false) => {
                return Err(reasons::TRAILER_NOT_DECLARED);
            }
        };
        let length = FieldLines::of(&DECODED_LENGTH, headers).only()?;
        let length = length.and_then(|line| line.to_str().ok());
        Ok(Some(Box::new(Self {
            length: length
                .and_then(number)
                .ok_or(reasons::INVALID_DECODED_LENGTH)?,
            checksum,
            encoding: without_chunks(headers),
        })))
    }

    /// Returns the header fields that describe the decoded body. `None` means that the field is removed.
    pub(in crate::scheme::sigv4) fn fields(&self) -> [(HeaderName, Option<HeaderValue>); 3] {
        [
            (CONTENT_ENCODING, self.encoding.clone()),
            (CONTENT_LENGTH, Some(HeaderValue::from(self.length))),
            (TRANSFER_ENCODING, None),
        ]
    }
}

/// Returns the codings of `Content-Encoding` that the decoded body still has.
fn without_chunks(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|&byte| byte == b','));
    let codings = codings.map(<[u8]>::trim_ascii);
    let codings = codings.filter(|coding| !coding.is_empty());
    let kept = codings.filter(|coding| !coding.eq_ignore_ascii_case(AWS_CHUNKED.as_bytes()));
    let kept = kept.collect::<Vec<_>>().join(&b", "[..]);
    HeaderValue::from_bytes(&kept)
        .ok()
        .filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use http::HeaderMap;
    use http::header::{CONTENT_ENCODING, HeaderName, HeaderValue};

    use super::{ChunkFraming, SignedPayload};

    fn headers(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        let field = |&(name, value)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        let mut headers = HeaderMap::new();
        fields.iter().map(field).for_each(|(name, value)| {
            headers.append(name, value);
        });
        headers
    }

    fn encoding(fields: &[(&'static str, &'static str)]) -> Option<HeaderValue> {
        let mut headers = headers(fields);
        let length = HeaderValue::from_static("3");
        headers.insert("x-amz-decoded-content-length", length);
        let framing = ChunkFraming::read(SignedPayload::SignedChunks { trailer: false }, &headers);
        let [(name, encoding), ..] = framing
            .expect("valid fields")
            .expect("a chunked payload")
            .fields();
        assert_eq!(name, CONTENT_ENCODING);
        encoding
    }

    #[test]
    fn aws_chunked_is_removed_from_content_encoding_and_other_codings_stay() {
        assert_eq!(encoding(&[]), None);
        assert_eq!(encoding(&[("content-encoding", "aws-chunked")]), None);
        assert_eq!(
            encoding(&[("content-encoding", "AWS-Chunked, gzip")]),
            Some(HeaderValue::from_static("gzip"))
        );
        let lines = [
            ("content-encoding", "aws-chunked"),
            ("content-encoding", "gzip,br"),
        ];
        assert_eq!(encoding(&lines), Some(HeaderValue::from_static("gzip, br")));
    }

    #[test]
    fn a_chunked_payload_needs_a_length_and_a_known_trailer_if_it_declares_one() {
        let length = ("x-amz-decoded-content-length", "3");
        let trailer = ("x-amz-trailer", "x-amz-checksum-crc32");
        let reads = |payload, fields: &[_]| ChunkFraming::read(payload, &headers(fields)).is_ok();
        let (without_trailer, with_trailer) = (
            SignedPayload::SignedChunks { trailer: false },
            SignedPayload::SignedChunks { trailer: true },
        );
        assert!(reads(without_trailer, &[length]));
        assert!(
            !reads(without_trailer, &[length, trailer]),
            "the payload declares no trailer"
        );
        assert!(reads(with_trailer, &[length, trailer]));
        assert!(reads(SignedPayload::UnsignedChunks, &[length, trailer]));
        assert!(!reads(with_trailer, &[length]));
        assert!(!reads(SignedPayload::UnsignedChunks, &[length]));
        assert!(!reads(with_trailer, &[trailer]));
        assert!(!reads(without_trailer, &[length, length]));
        for bad in ["", "-1", "+1", "1.0", "0x3", "99999999999999999999"] {
            assert!(
                !reads(without_trailer, &[("x-amz-decoded-content-length", bad)]),
                "{bad}"
            );
        }
        for bad in [
            "",
            "x-amz-meta-a",
            "x-amz-checksum-md5",
            "x-amz-checksum-crc32,x-amz-checksum-sha1",
        ] {
            assert!(
                !reads(with_trailer, &[length, ("x-amz-trailer", bad)]),
                "{bad}"
            );
        }
    }
}
