//! The parser for the lines between the chunks of an `aws-chunked` body: chunk headers and trailers.
//!
//! ```text
//! chunk   = hex-size [ ";chunk-signature=" 64hex ] CRLF data CRLF   ; the last has size 0
//! trailer = name ":" value CRLF [ "x-amz-trailer-signature:" 64hex CRLF ] CRLF
//! ```

use bytes::{Buf, BytesMut};

use super::super::reasons;
use crate::reason::ReasonText;
use crate::scheme::sigv4::message::read_hash;
use crate::text::hex::digit;

/// The longest line, in bytes. This is twice as much as a line with a signature or a checksum needs.
pub(super) const MAX_LINE: usize = 256;

/// Takes a line out of `bytes` and returns it without its CRLF. Returns `None` if the line is not complete yet.
pub(super) fn take_line(bytes: &mut BytesMut) -> Result<Option<BytesMut>, ReasonText> {
    let window = &bytes[..bytes.len().min(MAX_LINE)];
    let Some(end) = window.iter().position(|&byte| byte == b'\n') else {
        return match bytes.len() < MAX_LINE {
            true => Ok(None),
            false => Err(reasons::CHUNK_LINE_TOO_LONG),
        };
    };
    let mut line = bytes.split_to(end + 1);
    if !line.ends_with(b"\r\n") {
        return Err(reasons::CHUNK_LINE_WITHOUT_CRLF);
    }
    line.truncate(end - 1);
    Ok(Some(line))
}

/// Takes the CRLF after the data of a chunk out of `bytes`. Returns `None` if it is not complete yet.
pub(super) fn take_end(bytes: &mut BytesMut) -> Result<Option<()>, ReasonText> {
    match bytes.get(..2) {
        Some(b"\r\n") => bytes.advance(2),
        None if b"\r\n".starts_with(bytes) => return Ok(None),
        _ => {
            return Err(reasons::CHUNK_WITHOUT_CRLF);
        }
    }
    Ok(Some(()))
}

/// The header of a chunk: its size, and its chunk signature if it has one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChunkHeader {
    pub(super) size: u64,
    pub(super) signature: Option<[u8; 32]>,
}

impl ChunkHeader {
    pub(super) fn read(line: &[u8]) -> Result<Self, ReasonText> {
        let end = line.iter().position(|&byte| byte == b';');
        let (size, extension) = line.split_at(end.unwrap_or(line.len()));
        let signature = match extension {
            b"" => None,
            _ => Some(chunk_signature(extension).ok_or(reasons::INVALID_CHUNK_SIGNATURE)?),
        };
        Ok(Self {
            size: hex_size(size).ok_or(reasons::INVALID_CHUNK_SIZE)?,
            signature,
        })
    }
}

fn chunk_signature(extension: &[u8]) -> Option<[u8; 32]> {
    read_hash(extension.strip_prefix(b";chunk-signature=")?)
}

/// Parses a hexadecimal size. It has at most 16 digits, so that it cannot overflow.
fn hex_size(digits: &[u8]) -> Option<u64> {
    if !(1..=16).contains(&digits.len()) {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |size, &byte| Some(size << 4 | u64::from(digit(byte)?)))
}

/// Parses a trailer line. Returns the name in lower case, and the value without white space around it.
pub(super) fn trailer(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let (name, value) = line.split_at(colon);
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    Some((name, value[1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{ChunkHeader, MAX_LINE, take_end, take_line};

    #[test]
    fn a_line_must_end_with_crlf_and_be_short() {
        let take = |text: &[u8]| take_line(&mut BytesMut::from(text));
        assert_eq!(take(b"10\r\nrest"), Ok(Some(BytesMut::from("10"))));
        assert_eq!(take(b"\r\n"), Ok(Some(BytesMut::new())));
        assert_eq!(take(b"10\r"), Ok(None));
        assert!(take(b"10\nrest").is_err());
        assert!(take(b"\n").is_err());
        assert!(take(&[b'1'; MAX_LINE]).is_err());
        assert_eq!(take(&[b'1'; MAX_LINE - 1]), Ok(None));
    }

    #[test]
    fn the_data_of_a_chunk_must_end_with_crlf() {
        let take = |text: &str| take_end(&mut BytesMut::from(text));
        assert_eq!(take("\r\n10"), Ok(Some(())));
        assert_eq!(take(""), Ok(None));
        assert_eq!(take("\r"), Ok(None));
        assert!(take("\n").is_err());
        assert!(take("\r\r").is_err());
        assert!(take("a").is_err());
    }

    #[test]
    fn a_chunk_header_has_a_size_and_at_most_one_chunk_signature() {
        let read = |line: &str| ChunkHeader::read(line.as_bytes());
        let signature = "0a".repeat(32);
        let header = |size, signature| Ok(ChunkHeader { size, signature });
        let signed = read(&format!("10000;chunk-signature={signature}"));
        assert_eq!(signed, header(65536, Some([10; 32])));
        assert_eq!(read("fF"), header(255, None));
        assert!(read("ffffffffffffffff").is_ok());
        for bad in [
            "",
            ";",
            "g",
            "0x10",
            "-1",
            "+1",
            " 1",
            "1 ",
            "00000000000000010",
            "10;",
            "10;chunk-signature=",
            "10;chunk-signature=0a",
            "10;x=y",
        ] {
            assert!(read(bad).is_err(), "{bad}");
        }
        let twice = format!("10;chunk-signature={signature};chunk-signature={signature}");
        assert!(read(&twice).is_err());
        assert!(read(&format!("10;chunk-signature={}", signature.to_uppercase())).is_err());
    }
}
