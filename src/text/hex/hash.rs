//! Reads and writes hashes in hexadecimal. It writes digits in lower case.

use super::digit;

/// The length of the longest hash, in bytes.
pub(crate) const MAX: usize = 32;

/// A hash in hexadecimal. It is stored on the stack.
#[derive(Clone, Copy)]
pub(crate) struct HexHash {
    digits: [u8; 2 * MAX],
    len: usize,
}

impl HexHash {
    /// Writes a hash of at most 32 bytes. It ignores all bytes after the first 32.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let mut digits = [0; 2 * MAX];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(bytes) {
            pair.copy_from_slice(&PAIRS[usize::from(*byte)]);
        }
        let len = 2 * bytes.len().min(MAX);
        Self { digits, len }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    pub(crate) fn as_str(&self) -> &str {
        // Hexadecimal digits are ASCII.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// Reads a hash of at most 32 bytes. Returns its length and its bytes, or `None` if `digits` are not such a hash.
///
/// This function accepts digits in upper case only if `capitals` is set. Without `capitals`, each hash has exactly one
/// spelling.
pub(crate) fn read(digits: &[u8], capitals: bool) -> Option<(usize, [u8; MAX])> {
    let len = digits.len() / 2;
    if digits.len() % 2 == 1 || len > MAX {
        return None;
    }
    let mut bytes = [0; MAX];
    // A single check at the end, instead of one for each digit: a bit that no valid digit has shows up in `seen`.
    let mut seen = 0;
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        seen |= high | low;
        *byte = high << 4 | low & 15;
    }
    let allowed = if capitals { CAPITAL | 15 } else { 15 };
    (seen & !allowed == 0).then_some((len, bytes))
}

/// The bit in [`VALUES`] that marks a digit in upper case.
const CAPITAL: u8 = 1 << 4;

/// The value of each byte as a hexadecimal digit. Bytes that are not digits have the value 0xff, whose upper bits no
/// digit has.
const VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if let Some(value) = digit(byte) {
            let is_capital = byte.is_ascii_uppercase();
            values[byte as usize] = if is_capital { value | CAPITAL } else { value };
        }
        byte += 1;
    }
    values
};

/// The two hexadecimal digits of each byte.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [DIGITS[byte >> 4], DIGITS[byte & 15]];
        byte += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::{HexHash, MAX, read};

    #[test]
    fn a_hash_is_read_as_it_was_written_and_other_text_is_refused() {
        let bytes = std::array::from_fn(|place| u8::try_from(place * 8).unwrap_or_default());
        let text = HexHash::of(&bytes);
        let text = text.as_bytes();
        assert_eq!(read(text, false), Some((MAX, bytes)));
        assert_eq!(read(&text.to_ascii_uppercase(), false), None);
        assert_eq!(read(&text.to_ascii_uppercase(), true), Some((MAX, bytes)));
        for capitals in [false, true] {
            assert_eq!(read(&text[1..], capitals), None);
            assert_eq!(read(&[text, b"00"].concat(), capitals), None);
            assert_eq!(read(&[&text[..63], b"g"].concat(), capitals), None);
        }
    }
}
