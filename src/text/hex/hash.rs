//! What does a hash look like in hexadecimal? Hashes are written in lower case.

use super::digit;

/// The longest hash, in octets.
pub(crate) const MAX: usize = 32;

/// A hash in hexadecimal, on the stack.
#[derive(Clone, Copy)]
pub(crate) struct HexHash {
    digits: [u8; 2 * MAX],
    len: usize,
}

impl HexHash {
    /// Writes a hash of at most 32 octets; more are left out.
    pub(crate) fn of(octets: &[u8]) -> Self {
        let mut digits = [0; 2 * MAX];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(octets) {
            pair.copy_from_slice(&PAIRS[usize::from(*octet)]);
        }
        let len = 2 * octets.len().min(MAX);
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

/// Reads at most 32 octets: how many, and which. Digits in upper case are digits only with `capitals`; without, each hash
/// is written in one way.
pub(crate) fn read(digits: &[u8], capitals: bool) -> Option<(usize, [u8; MAX])> {
    let len = digits.len() / 2;
    if digits.len() % 2 == 1 || len > MAX {
        return None;
    }
    let mut octets = [0; MAX];
    let mut seen = 0;
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        seen |= high | low;
        *octet = high << 4 | low & 15;
    }
    let allowed = if capitals { CAPITAL | 15 } else { 15 };
    (seen & !allowed == 0).then_some((len, octets))
}

/// Marks the value of a digit in upper case.
const CAPITAL: u8 = 1 << 4;

/// The value of each digit; the value of an octet that is no digit has bits that no digit has.
const VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut octet = 0_u8;
    while octet < 128 {
        if let Some(value) = digit(octet) {
            let is_capital = octet.is_ascii_uppercase();
            values[octet as usize] = if is_capital { value | CAPITAL } else { value };
        }
        octet += 1;
    }
    values
};

/// Both digits of each octet.
const PAIRS: [[u8; 2]; 256] = {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut octet = 0;
    while octet < 256 {
        pairs[octet] = [DIGITS[octet >> 4], DIGITS[octet & 15]];
        octet += 1;
    }
    pairs
};

#[cfg(test)]
mod tests {
    use super::{HexHash, MAX, read};

    #[test]
    fn what_was_written_is_read_and_nothing_else_is() {
        let octets = std::array::from_fn(|place| u8::try_from(place * 8).unwrap_or_default());
        let text = HexHash::of(&octets);
        let text = text.as_bytes();
        assert_eq!(read(text, false), Some((MAX, octets)));
        assert_eq!(read(&text.to_ascii_uppercase(), false), None);
        assert_eq!(read(&text.to_ascii_uppercase(), true), Some((MAX, octets)));
        for capitals in [false, true] {
            assert_eq!(read(&text[1..], capitals), None);
            assert_eq!(read(&[text, b"00"].concat(), capitals), None);
            assert_eq!(read(&[&text[..63], b"g"].concat(), capitals), None);
        }
    }
}
