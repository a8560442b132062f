//! Hexadecimal, as signatures and hashes are written: in lower case, and no other.

/// Writes 32 octets.
pub(super) fn of(octets: &[u8; 32]) -> [u8; 64] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 64];
    for (pair, octet) in text.chunks_exact_mut(2).zip(octets) {
        pair[0] = DIGITS[usize::from(octet >> 4)];
        pair[1] = DIGITS[usize::from(octet & 15)];
    }
    text
}

/// Reads 32 octets of 64 digits.
pub(super) fn read(text: &[u8]) -> Option<[u8; 32]> {
    let mut octets = [0; 32];
    if text.len() != 64 {
        return None;
    }
    for (octet, pair) in octets.iter_mut().zip(text.chunks_exact(2)) {
        *octet = value(pair[0])? << 4 | value(pair[1])?;
    }
    Some(octets)
}

const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{of, read};

    #[test]
    fn what_was_written_is_read_and_nothing_else_is() {
        let octets = std::array::from_fn(|place| u8::try_from(place * 8).unwrap_or_default());
        let text = of(&octets);
        assert_eq!(read(&text), Some(octets));
        assert_eq!(read(&text.to_ascii_uppercase()), None);
        assert_eq!(read(&text[1..]), None);
        assert_eq!(read(&[&text[..63], b"g"].concat()), None);
    }
}
