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

/// Finds the first `byte`.
///
/// The compiler turns the comparison of a whole block into vector instructions, so that long pieces take little time.
#[inline]
fn position(text: &[u8], byte: u8) -> Option<usize> {
    let mut rest = text;
    while let Some((block, after)) = rest.split_first_chunk::<16>() {
        if block
            .iter()
            .fold(false, |found, &other| found | (other == byte))
        {
            break;
        }
        rest = after;
    }
    let end = rest.iter().position(|&other| other == byte)?;
    Some(text.len() - rest.len() + end)
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
