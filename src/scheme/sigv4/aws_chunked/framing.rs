//! What the head says of a body that is `aws-chunked`.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, HeaderName, HeaderValue, TRANSFER_ENCODING};

use super::checksum::TrailingChecksum;
use crate::scheme::sigv4::message::one;
use crate::scheme::sigv4::payload::SignedPayload;
use crate::text::decimal::number;

const DECODED_LENGTH: HeaderName = HeaderName::from_static("x-amz-decoded-content-length");
const TRAILER: HeaderName = HeaderName::from_static("x-amz-trailer");
const AWS_CHUNKED: &str = "aws-chunked";

/// How long the body is without its framing, and what follows it. All of it is signed: the fields are `x-amz-` fields.
pub(in crate::scheme::sigv4) struct ChunkFraming {
    pub(super) length: u64,
    /// The checksum that the trailer has to have.
    pub(super) checksum: Option<TrailingChecksum>,
    /// What is left of `Content-Encoding`.
    encoding: Option<HeaderValue>,
}

impl ChunkFraming {
    /// Reads the fields that describe a payload in chunks; `None` of any other.
    pub(in crate::scheme::sigv4) fn read(
        payload: SignedPayload,
        headers: &HeaderMap,
    ) -> Result<Option<Box<Self>>, &'static str> {
        let has_trailer = match payload {
            SignedPayload::SignedChunks { trailer } => trailer,
            SignedPayload::UnsignedChunks => true,
            SignedPayload::OfBody | SignedPayload::Hash(_) | SignedPayload::Unsigned => {
                return Ok(None);
            }
        };
        let checksum = match (one(headers, TRAILER)?, has_trailer) {
            (Some(name), true) => Some(
                TrailingChecksum::named(name.as_bytes())
                    .ok_or("the trailer is none that is known")?,
            ),
            (None, false) => None,
            (None, true) => return Err("there is no x-amz-trailer"),
            (Some(_), false) => return Err("no trailer is signed"),
        };
        let length = one(headers, DECODED_LENGTH)?.and_then(|it| it.to_str().ok());
        Ok(Some(Box::new(Self {
            length: length
                .and_then(number)
                .ok_or("there is no x-amz-decoded-content-length")?,
            checksum,
            encoding: without_chunks(headers),
        })))
    }

    /// The fields that are true of the body once the framing is gone.
    pub(in crate::scheme::sigv4) fn fields(&self) -> [(HeaderName, Option<HeaderValue>); 3] {
        [
            (CONTENT_ENCODING, self.encoding.clone()),
            (CONTENT_LENGTH, Some(HeaderValue::from(self.length))),
            (TRANSFER_ENCODING, None),
        ]
    }
}

/// The codings that the content itself has.
fn without_chunks(headers: &HeaderMap) -> Option<HeaderValue> {
    let lines = headers.get_all(CONTENT_ENCODING).iter();
    let codings = lines.flat_map(|line| line.as_bytes().split(|&octet| octet == b','));
    let codings = codings.map(<[u8]>::trim_ascii);
    let codings = codings.filter(|it| !it.is_empty());
    let left = codings.filter(|it| !it.eq_ignore_ascii_case(AWS_CHUNKED.as_bytes()));
    let left = left.collect::<Vec<_>>().join(&b", "[..]);
    HeaderValue::from_bytes(&left)
        .ok()
        .filter(|it| !it.is_empty())
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
        let [(name, encoding), ..] = framing.expect("it is whole").expect("in chunks").fields();
        assert_eq!(name, CONTENT_ENCODING);
        encoding
    }

    #[test]
    fn the_framing_is_no_coding_of_the_content() {
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
    fn chunks_have_a_length_and_a_trailer_where_one_is_signed() {
        let length = ("x-amz-decoded-content-length", "3");
        let trailer = ("x-amz-trailer", "x-amz-checksum-crc32");
        let reads = |payload, fields: &[_]| ChunkFraming::read(payload, &headers(fields)).is_ok();
        let (chunks, more) = (
            SignedPayload::SignedChunks { trailer: false },
            SignedPayload::SignedChunks { trailer: true },
        );
        assert!(reads(chunks, &[length]));
        assert!(
            !reads(chunks, &[length, trailer]),
            "nobody has signed a trailer"
        );
        assert!(reads(more, &[length, trailer]));
        assert!(reads(SignedPayload::UnsignedChunks, &[length, trailer]));
        assert!(!reads(more, &[length]));
        assert!(!reads(SignedPayload::UnsignedChunks, &[length]));
        assert!(!reads(more, &[trailer]));
        assert!(!reads(chunks, &[length, length]));
        for bad in ["", "-1", "+1", "1.0", "0x3", "99999999999999999999"] {
            assert!(
                !reads(chunks, &[("x-amz-decoded-content-length", bad)]),
                "{bad}"
            );
        }
        for bad in [
            "",
            "x-amz-meta-a",
            "x-amz-checksum-md5",
            "x-amz-checksum-crc32,x-amz-checksum-sha1",
        ] {
            assert!(!reads(more, &[length, ("x-amz-trailer", bad)]), "{bad}");
        }
    }
}
