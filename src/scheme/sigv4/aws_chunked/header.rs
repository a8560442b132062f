//! The lines between the chunks of an `aws-chunked` body.
//!
//! ```text
//! chunk   = hex-size [ ";chunk-signature=" 64hex ] CRLF data CRLF   ; the last has size 0
//! trailer = name ":" value CRLF [ "x-amz-trailer-signature:" 64hex CRLF ] CRLF
//! ```

use bytes::{Buf, BytesMut};

use crate::scheme::sigv4::message::read_hash;
use crate::text::hex::digit;

/// The longest line, in octets: there is room for a signature or a checksum, twice.
pub(super) const LONGEST_LINE: usize = 256;

/// Takes a line out of `octets`, without its CRLF; `None` if it has not come yet.
pub(super) fn take_line(octets: &mut BytesMut) -> Result<Option<BytesMut>, &'static str> {
    let window = &octets[..octets.len().min(LONGEST_LINE)];
    let Some(end) = window.iter().position(|&octet| octet == b'\n') else {
        return match octets.len() < LONGEST_LINE {
            true => Ok(None),
            false => Err("a line of the framing is too long"),
        };
    };
    let mut line = octets.split_to(end + 1);
    if !line.ends_with(b"\r\n") {
        return Err("a line of the framing has no CRLF");
    }
    line.truncate(end - 1);
    Ok(Some(line))
}

/// Takes the CRLF after the data of a chunk; `None` if it has not come yet.
pub(super) fn take_end(octets: &mut BytesMut) -> Result<Option<()>, &'static str> {
    match octets.get(..2) {
        Some(b"\r\n") => octets.advance(2),
        None if b"\r\n".starts_with(octets) => return Ok(None),
        _ => return Err("a chunk does not end where it should"),
    }
    Ok(Some(()))
}

/// How long a chunk is, and its signature, if it has one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ChunkHeader {
    pub(super) size: u64,
    pub(super) signature: Option<[u8; 32]>,
}

impl ChunkHeader {
    pub(super) fn read(line: &[u8]) -> Result<Self, &'static str> {
        let end = line.iter().position(|&octet| octet == b';');
        let (size, extension) = line.split_at(end.unwrap_or(line.len()));
        let signature = match extension {
            b"" => None,
            _ => Some(chunk_signature(extension).ok_or("a chunk has no signature")?),
        };
        Ok(Self {
            size: hex_size(size).ok_or("a chunk has no size")?,
            signature,
        })
    }
}

fn chunk_signature(extension: &[u8]) -> Option<[u8; 32]> {
    read_hash(extension.strip_prefix(b";chunk-signature=")?)
}

/// At most 16 digits, so that it cannot overflow.
fn hex_size(digits: &[u8]) -> Option<u64> {
    if !(1..=16).contains(&digits.len()) {
        return None;
    }
    digits
        .iter()
        .try_fold(0, |size, &octet| Some(size << 4 | u64::from(digit(octet)?)))
}

/// A name and a value, with the white space around both gone.
pub(super) fn trailer(line: &[u8]) -> Option<(String, &[u8])> {
    let colon = line.iter().position(|&octet| octet == b':')?;
    let (name, value) = line.split_at(colon);
    let name = std::str::from_utf8(name).ok()?.to_ascii_lowercase();
    Some((name, value[1..].trim_ascii()))
}

#[cfg(test)]
mod tests {
    use bytes::BytesMut;

    use super::{ChunkHeader, LONGEST_LINE, take_end, take_line};

    #[test]
    fn a_line_ends_with_crlf_and_is_short() {
        let take = |text: &[u8]| take_line(&mut BytesMut::from(text));
        assert_eq!(take(b"10\r\nrest"), Ok(Some(BytesMut::from("10"))));
        assert_eq!(take(b"\r\n"), Ok(Some(BytesMut::new())));
        assert_eq!(take(b"10\r"), Ok(None));
        assert!(take(b"10\nrest").is_err());
        assert!(take(b"\n").is_err());
        assert!(take(&[b'1'; LONGEST_LINE]).is_err());
        assert_eq!(take(&[b'1'; LONGEST_LINE - 1]), Ok(None));
    }

    #[test]
    fn data_ends_with_crlf_and_nothing_else() {
        let take = |text: &str| take_end(&mut BytesMut::from(text));
        assert_eq!(take("\r\n10"), Ok(Some(())));
        assert_eq!(take(""), Ok(None));
        assert_eq!(take("\r"), Ok(None));
        assert!(take("\n").is_err());
        assert!(take("\r\r").is_err());
        assert!(take("a").is_err());
    }

    #[test]
    fn a_chunk_header_is_a_size_and_a_signature_at_most() {
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
