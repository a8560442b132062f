//! Splits text at a separator.

use std::iter;

/// Splits `text` at each `separator`, which is an ASCII character.
///
/// `str::split` starts a new search for each piece, and pieces of field values are too short for that to pay.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let Some(end) = position(text.as_bytes(), separator) else {
            rest = None;
            return Some(text);
        };
        rest = text.get(end + 1..);
        text.get(..end)
    })
}

/// Finds the first `byte`, eight bytes at a time.
#[inline]
fn position(text: &[u8], byte: u8) -> Option<usize> {
    const LOWEST: u64 = u64::from_le_bytes([1; 8]);
    const HIGHEST: u64 = u64::from_le_bytes([0x80; 8]);
    let mut rest = text;
    while let Some((block, after)) = rest.split_first_chunk() {
        // A byte that is looked for becomes zero. To subtract 1 from it sets its highest bit. The same can happen to a byte
        // behind it, to which the subtraction borrows, but to none before it.
        let zeros = u64::from_le_bytes(*block) ^ u64::from_le_bytes([byte; 8]);
        let found = zeros.wrapping_sub(LOWEST) & !zeros & HIGHEST;
        if found != 0 {
            let index = found.trailing_zeros() / u8::BITS;
            return Some(text.len() - rest.len() + usize::try_from(index).ok()?);
        }
        rest = after;
    }
    let end = rest.iter().position(|&other| other == byte)?;
    Some(text.len() - rest.len() + end)
}

#[cfg(test)]
mod tests {
    use super::{position, split};

    #[test]
    fn the_pieces_are_those_of_the_standard_library() {
        let long = "a".repeat(40);
        for text in [
            "",
            ";",
            "a",
            "a;b",
            ";a;;b;",
            "ä;ö",
            &long,
            &format!("{long};{long};;b"),
        ] {
            assert!(split(text, b';').eq(text.split(';')), "{text}");
        }
    }

    #[test]
    fn the_first_of_several_bytes_is_found_beside_any_other() {
        for byte in 0..128 {
            for place in 0..20 {
                let mut text = [byte ^ 1; 20];
                text[place..].fill(byte);
                assert_eq!(position(&text, byte), Some(place), "{byte}");
                text[place..].fill(byte.wrapping_add(0x80));
                assert_eq!(position(&text, byte), None, "{byte}");
            }
        }
    }
}
