//! The canonical request of SigV4, written by hand.

use http::HeaderMap;

/// The SHA-256 hash of an empty body.
const EMPTY_BODY_HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Makes the canonical request, which the signature covers. Returns `None` if a request like this cannot be signed.
pub(super) fn canonical(
    method: &[u8],
    path: &[u8],
    query: &str,
    headers: &HeaderMap,
    signed_headers: &str,
) -> Option<Vec<u8>> {
    let mut text = Vec::with_capacity(512);
    text.extend_from_slice(method);
    text.push(b'\n');
    write_path(&mut text, path)?;
    text.push(b'\n');
    write_query(&mut text, query);
    text.push(b'\n');
    write_fields(&mut text, headers, signed_headers)?;
    text.push(b'\n');
    text.extend_from_slice(signed_headers.as_bytes());
    text.push(b'\n');
    text.extend_from_slice(EMPTY_BODY_HASH.as_bytes());
    Some(text)
}

/// Writes the path and encodes it once more.
///
/// It refuses a path with empty segments or dots, because the inner service could read such a path in another way.
fn write_path(text: &mut Vec<u8>, path: &[u8]) -> Option<()> {
    let rest = path.strip_prefix(b"/")?;
    let mut segments = rest.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = segments.next() {
        let is_last = segments.peek().is_none();
        if matches!(segment, b"." | b"..") || segment.is_empty() && !is_last {
            return None;
        }
        text.push(b'/');
        write_encoded(text, segment);
    }
    Some(())
}

fn write_encoded(text: &mut Vec<u8>, plain: &[u8]) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    for &byte in plain {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => text.push(byte),
            _ => {
                let (high, low) = (usize::from(byte >> 4), usize::from(byte & 15));
                text.extend_from_slice(&[b'%', DIGITS[high], DIGITS[low]]);
            }
        }
    }
}

/// Writes the sorted pairs of the query. They are already encoded in the URI.
fn write_query(text: &mut Vec<u8>, query: &str) {
    let mut pairs = query.split('&').filter(|pair| !pair.is_empty());
    let mut pairs = pairs.by_ref().collect::<Vec<_>>();
    pairs.sort_unstable();
    for (number, pair) in pairs.iter().enumerate() {
        let start: &[u8] = if number > 0 { b"&" } else { b"" };
        text.extend_from_slice(start);
        text.extend_from_slice(pair.as_bytes());
    }
}

fn write_fields(text: &mut Vec<u8>, headers: &HeaderMap, signed_headers: &str) -> Option<()> {
    for name in signed_headers.split(';') {
        text.extend_from_slice(name.as_bytes());
        let mut separator = b':';
        for line in headers.get_all(name) {
            text.push(separator);
            write_trimmed(text, line.as_bytes());
            separator = b',';
        }
        if separator == b':' {
            return None;
        }
        text.push(b'\n');
    }
    Some(())
}

/// Writes a value without spaces at the ends, and with one space in place of several.
fn write_trimmed(text: &mut Vec<u8>, line: &[u8]) {
    let mut last = b' ';
    for &byte in line.trim_ascii() {
        if byte != b' ' || last != b' ' {
            text.push(byte);
        }
        last = byte;
    }
}
