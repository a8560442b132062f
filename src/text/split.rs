//! Splits text at a separator.

use std::iter;

use memchr::memchr;

/// Splits `text` at each `separator`, which is an ASCII character.
///
/// `str::split` looks for a separator byte by byte, which takes longer than the rest of the parser.
pub(crate) fn split(text: &str, separator: u8) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    iter::from_fn(move || {
        let text = rest?;
        let Some(end) = memchr(separator, text.as_bytes()) else {
            rest = None;
            return Some(text);
        };
        rest = text.get(end + 1..);
        text.get(..end)
    })
}

#[cfg(test)]
mod tests {
    use super::split;

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
}
