//! Hexadecimal, as Digest writes hashes: in lower case (RFC 7616 section 3.2).

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
        let mut digits = [0; 2 * MAX];
        for (pair, octet) in digits.chunks_exact_mut(2).zip(octets) {
            pair.copy_from_slice(&PAIRS[usize::from(*octet)]);
        }
        let len = 2 * octets.len().min(MAX);
        Self { digits, len }
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.digits[..self.len]
    }

    pub(super) fn as_str(&self) -> &str {
        // Hexadecimal digits are ASCII.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// Reads at most 32 octets, of digits in any case: how many, and which.
pub(super) fn read(digits: &[u8]) -> Option<(usize, [u8; MAX])> {
    let len = digits.len() / 2;
    if digits.len() % 2 == 1 || len > MAX {
        return None;
    }
    let mut octets = [0; MAX];
    let mut bad = 0;
    for (octet, pair) in octets.iter_mut().zip(digits.chunks_exact(2)) {
        let (high, low) = (VALUES[usize::from(pair[0])], VALUES[usize::from(pair[1])]);
        bad |= high | low;
        *octet = high << 4 | low & 15;
    }
    (bad < 16).then_some((len, octets))
}

/// The value of each digit; what is none has a value over 15.
const VALUES: [u8; 256] = {
    let mut values = [0xff; 256];
    let mut value = 0;
    while value < 16 {
        let digit = b"0123456789abcdef"[value as usize];
        values[digit as usize] = value;
        values[digit.to_ascii_uppercase() as usize] = value;
        value += 1;
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
