//! Hexadecimal, as Digest writes hashes: in lower case (RFC 7616 section 3.3).

/// The longest hash, in octets.
pub(super) const MAX: usize = 32;

/// A hash in hexadecimal, on the stack.
#[derive(Clone, Copy)]
pub(super) struct Hex {
    digits: [u8; 2 * MAX],
    len: usize,
}

impl Hex {
    /// Writes a hash of at most 32 octets; more are left out.
    pub(super) fn of(octets: &[u8]) -> Self {
        const DIGITS: &[u8; 16] = b"0123456789abcdef";
        let mut digits = [0; 2 * MAX];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(octets) {
            pair[0] = DIGITS[usize::from(octet >> 4)];
            pair[1] = DIGITS[usize::from(octet & 15)];
        }
        let len = 2 * octets.len().min(MAX);
        Self { digits, len }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.len]
    }
}

/// Reads exactly `N` octets, of digits in any case.
pub(super) fn read<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    if digits.len() != 2 * N {
        return None;
    }
    let mut octets = [0; N];
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        *octet = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(octets)
}

const fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}
