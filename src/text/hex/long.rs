//! Reads and writes bytes of any length in hexadecimal.

use super::digit;

/// Writes digits in lower case.
pub(crate) fn text_of(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits
        .filter_map(|digit| char::from_digit(u32::from(digit), 16))
        .collect()
}

/// Reads digits in either case. Returns `None` if their number is odd, or if `digits` contains any other character.
pub(crate) fn bytes_of(digits: &[u8]) -> Option<Vec<u8>> {
    let pairs = digits.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs
        .map(|pair| Some(digit(pair[0])? << 4 | digit(pair[1])?))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::{bytes_of, text_of};

    #[test]
    fn bytes_are_read_as_they_were_written_and_other_text_is_refused() {
        let bytes = (0..=255).collect::<Vec<u8>>();
        let text = text_of(&bytes);
        assert!(text.starts_with("000102") && text.ends_with("fdfeff"));
        assert_eq!(bytes_of(text.as_bytes()).as_deref(), Some(&*bytes));
        let capitals = text.to_ascii_uppercase();
        assert_eq!(bytes_of(capitals.as_bytes()).as_deref(), Some(&*bytes));
        assert_eq!(bytes_of(b""), Some(Vec::new()));
        for bad in ["0", "000", "0g", "+1", "0x"] {
            assert_eq!(bytes_of(bad.as_bytes()), None, "{bad}");
        }
    }
}
