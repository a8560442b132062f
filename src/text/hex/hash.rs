//! Reads and writes hashes in hexadecimal. It writes digits in lower case.

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
    ///
    /// The loops have no branches and no tables, so that the compiler turns them into vector instructions.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        let len = bytes.len().min(MAX);
        let mut hash = [0; MAX];
        hash[..len].copy_from_slice(&bytes[..len]);
        let mut digits = [0; 2 * MAX];
        for (pair, byte) in digits.chunks_exact_mut(2).zip(hash) {
            pair.copy_from_slice(&[byte >> 4, byte & 15]);
        }
        for digit in &mut digits {
            *digit += b'0' + if *digit > 9 { b'a' - b'0' - 10 } else { 0 };
        }
        Self {
            digits,
            len: 2 * len,
        }
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
    // As in `HexHash::of`, there are no branches for single digits. The digits that are not there are zeros.
    let mut values = [b'0'; 2 * MAX];
    values[..digits.len()].copy_from_slice(digits);
    let to_lower = if capitals { b'a' - b'A' } else { 0 };
    let mut is_invalid = 0;
    for value in &mut values {
        let is_decimal = value.wrapping_sub(b'0') < 10;
        let is_letter = (*value | to_lower).wrapping_sub(b'a') < 6;
        is_invalid |= u8::from(!is_decimal & !is_letter);
        // `a` and `A` end in the same four bits, which are 1.
        *value = (*value & 15) + 9 * u8::from(is_letter);
    }
    let mut bytes = [0; MAX];
    for (byte, pair) in bytes.iter_mut().zip(values.chunks_exact(2)) {
        *byte = pair[0] << 4 | pair[1];
    }
    (is_invalid == 0).then_some((len, bytes))
}

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
        for byte in 0..=u8::MAX {
            let is_digit = byte.is_ascii_hexdigit();
            assert_eq!(read(&[b'0', byte], true).is_some(), is_digit, "{byte}");
            let is_lower = is_digit && !byte.is_ascii_uppercase();
            assert_eq!(read(&[byte, b'0'], false).is_some(), is_lower, "{byte}");
        }
        for capitals in [false, true] {
            assert_eq!(read(&text[1..], capitals), None);
            assert_eq!(read(&[text, b"00"].concat(), capitals), None);
            assert_eq!(read(&[&text[..63], b"g"].concat(), capitals), None);
        }
    }
}
