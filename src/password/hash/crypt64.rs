//! The base64 of crypt(3): the lowest six bits first, and octets in an order of each algorithm's own.

const ALPHABET: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Encodes three octets at a time, as `order` groups them; a place beyond the end is no octet at all.
pub(super) fn encode(octets: &[u8], order: &[[usize; 3]]) -> Vec<u8> {
    let mut text = Vec::with_capacity(4 * order.len());
    for group in order {
        let [a, b, c] = group.map(|place| octets.get(place).copied());
        let mut bits = [a, b, c].into_iter().fold(0_u32, |bits, octet| {
            bits << 8 | u32::from(octet.unwrap_or(0))
        });
        let present = [a, b, c].iter().flatten().count();
        for _ in 0..=present {
            text.push(ALPHABET[(bits & 63) as usize]);
            bits >>= 6;
        }
    }
    text
}

/// Whether `text` could be an encoding of as many octets as have `length` characters.
pub(super) fn is_encoded(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|octet| ALPHABET.contains(&octet))
}

/// Whether `text` can be a salt: printable, and nothing that ends one.
pub(super) fn is_salt(text: &str, most: usize) -> bool {
    let printable = |octet: u8| octet.is_ascii_graphic() && octet != b':';
    text.len() <= most && text.bytes().all(printable)
}

/// Something of the same length that is no encoding, so that nothing encodes to it.
pub(super) fn decoy(text: &[u8]) -> Box<[u8]> {
    text.iter().map(|_| b'!').collect()
}
