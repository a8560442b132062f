//! The base64 of crypt(3). It writes the lowest six bits first, and each algorithm has its own order of the bytes.

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Encodes `bytes` in groups of three. `order` holds the indices of each group. An index beyond the end stands for no
/// byte, so that the last group can have fewer than three.
pub(super) fn encode(bytes: &[u8], order: &[[usize; 3]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(4 * order.len());
    for group in order {
        let [a, b, c] = group.map(|index| bytes.get(index).copied());
        let mut bits = [a, b, c]
            .into_iter()
            .fold(0_u32, |bits, byte| bits << 8 | u32::from(byte.unwrap_or(0)));
        let present = [a, b, c].iter().flatten().count();
        // A group of one byte takes two characters, two bytes take three, and three bytes take four.
        for _ in 0..=present {
            text.push(ALPHABET[(bits & 63) as usize]);
            bits >>= 6;
        }
    }
    text
}

/// Decodes the base64 of scrypt and yescrypt in crypt(3), which has the bytes in their order.
///
/// Returns `None` if the text has a character that is not in the alphabet, or bits left over that are not zero. So each
/// value has one spelling.
pub(super) fn decode(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(text.len() * 3 / 4);
    for characters in text.as_bytes().chunks(4) {
        let group = bits(characters)?.to_le_bytes();
        // Two characters hold one byte, three hold two, and four hold three. A single character holds no byte.
        let whole = characters.len().checked_sub(1).filter(|whole| *whole > 0)?;
        let (whole, rest) = group.split_at(whole);
        rest.iter().all(|byte| *byte == 0).then_some(())?;
        bytes.extend(whole);
    }
    Some(bytes)
}

/// Decodes a number of at most five characters.
pub(super) fn number(text: &str) -> Option<u32> {
    bits(text.as_bytes())
}

/// The bits of up to five characters of the alphabet, the lowest six bits first.
fn bits(characters: &[u8]) -> Option<u32> {
    let mut bits = 0_u32;
    for character in characters.iter().rev() {
        let value = ALPHABET.iter().position(|known| known == character)?;
        bits = bits << 6 | u32::try_from(value).ok()?;
    }
    Some(bits)
}

/// Whether `text` has `length` characters, all of the alphabet.
pub(super) fn is_encoded(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|byte| ALPHABET.contains(&byte))
}

/// Whether `text` can be a salt: at most `most` printable ASCII characters, and no colon, which ends the field of a
/// file.
pub(super) fn is_salt(text: &str, most: usize) -> bool {
    let printable = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    text.len() <= most && text.bytes().all(printable)
}

/// A text of the same length that [`encode`] never returns, because `!` is not in the alphabet. No password matches it.
pub(super) fn decoy(text: &[u8]) -> Box<[u8]> {
    text.iter().map(|_| b'!').collect()
}
