//! The byte classes of the ABNF of RFC 9110, in one table.
//!
//! | class         | ABNF                                                             | source                 |
//! |---------------|------------------------------------------------------------------|------------------------|
//! | `TCHAR`       | ``"!#$%&'*+-.^_`\|~"`` DIGIT ALPHA                               | RFC 9110 section 5.6.2 |
//! | `TOKEN68`     | `"-._~+/"` DIGIT ALPHA                                           | RFC 9110 section 11.2  |
//! | `QDTEXT`      | HTAB SP %x21 %x23-5B %x5D-7E %x80-FF                             | RFC 9110 section 5.6.4 |
//! | `QUOTED_PAIR` | HTAB SP %x21-7E %x80-FF, after a backslash                       | RFC 9110 section 5.6.4 |
//! | `ATTR_CHAR`   | ``"!#$&+-.^_`\|~"`` DIGIT ALPHA                                  | RFC 8187 section 3.2.1 |
//! | `SP`, `OWS`   | SP; SP HTAB                                                      | RFC 9110 section 5.6.3 |

/// A set of bytes. Each class is one bit in the entries of the table.
#[derive(Clone, Copy)]
pub(super) struct ByteClass(u8);

impl ByteClass {
    pub(super) const TCHAR: Self = Self(1);
    pub(super) const TOKEN68: Self = Self(1 << 1);
    pub(super) const QDTEXT: Self = Self(1 << 2);
    pub(super) const QUOTED_PAIR: Self = Self(1 << 3);
    pub(super) const ATTR_CHAR: Self = Self(1 << 4);
    pub(super) const SP: Self = Self(1 << 5);
    pub(super) const OWS: Self = Self(1 << 6);

    /// Returns whether `byte` is in this class.
    #[inline]
    pub(super) const fn holds(self, byte: u8) -> bool {
        TABLE[byte as usize] & self.0 != 0
    }

    /// Returns the end of the run of bytes of this class that starts in `text` at `start`.
    #[inline]
    pub(super) fn span(self, text: &[u8], start: usize) -> usize {
        let mut end = start;
        while text.get(end).is_some_and(|&byte| self.holds(byte)) {
            end += 1;
        }
        end
    }

    /// Returns the same as [`span`](Self::span). For long runs it takes half the time.
    ///
    /// It checks eight bytes at once for as long as all eight are in the class.
    #[inline]
    pub(super) fn long_span(self, text: &[u8], start: usize) -> usize {
        let mut rest = text.get(start..).unwrap_or_default();
        while let Some((bytes, after)) = rest.split_first_chunk() {
            if !self.holds_all(bytes) {
                break;
            }
            rest = after;
        }
        self.span(text, text.len() - rest.len())
    }

    /// Returns whether `text` has at least one byte and all of its bytes are in this class.
    pub(super) fn spells(self, text: &[u8]) -> bool {
        !text.is_empty() && self.span(text, 0) == text.len()
    }

    /// Returns whether all eight bytes are in this class. The bit of the class survives the `&` only if each byte has
    /// it, so that there is no branch for each byte.
    #[inline]
    fn holds_all(self, bytes: &[u8; 8]) -> bool {
        let classes = bytes.iter().map(|&byte| TABLE[usize::from(byte)]);
        classes.fold(self.0, |common, class| common & class) != 0
    }
}

/// Returns whether `text` is a token68
/// ([RFC 9110 section 11.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.2)).
///
/// Credentials and challenges can have a token68 instead of parameters. For example, the credentials of Basic and the
/// tokens of Bearer are token68s. An application can use this function to check a token before it hands the token out.
///
/// ```text
/// token68 = 1*( ALPHA / DIGIT / "-" / "." / "_" / "~" / "+" / "/" ) *"="
/// ```
///
/// # Example
///
/// ```
/// use tower_challenge::header::is_token68;
///
/// assert!(is_token68(b"dGVzdDoxMjPCow=="));
/// assert!(!is_token68(b"1|laravel"));
/// ```
#[must_use]
pub fn is_token68(text: &[u8]) -> bool {
    let padding = text.iter().rev().take_while(|byte| **byte == b'=');
    let run = text.get(..text.len() - padding.count());
    run.is_some_and(all_token68)
}

/// Whether `text` has at least one byte and all of its bytes are of the class `TOKEN68`.
///
/// A token of OAuth has hundreds of bytes, so this function checks 16 at once. The last 16 may overlap those before them.
#[inline]
fn all_token68(text: &[u8]) -> bool {
    let Some(last) = text.last_chunk() else {
        return ByteClass::TOKEN68.spells(text);
    };
    let mut rest = text;
    while let Some((bytes, after)) = rest.split_first_chunk() {
        if !all_16_token68(bytes) {
            return false;
        }
        rest = after;
    }
    all_16_token68(last)
}

/// Whether all 16 bytes are of the class `TOKEN68`. The compiler turns these comparisons into vector instructions. It cannot
/// do so with a look-up in a table.
#[inline]
fn all_16_token68(bytes: &[u8; 16]) -> bool {
    bytes.iter().fold(true, |all, &byte| {
        let letter = (byte | 0x20).wrapping_sub(b'a') < 26;
        // `-`, `.`, `/` and the digits are neighbours in ASCII.
        let digit = byte.wrapping_sub(b'-') < 13;
        all & (letter | digit | (byte == b'+') | (byte == b'_') | (byte == b'~'))
    })
}

/// Returns whether two names of schemes or parameters are the same in any case.
///
/// The exact comparison comes first because it is faster and most names are spelled as they are registered.
#[inline]
pub(super) fn same_name(one: &[u8], other: &[u8]) -> bool {
    one.len() == other.len() && (one == other || one.eq_ignore_ascii_case(other))
}

/// Converts bytes to text. The caller has checked that they are in a class of ASCII characters.
pub(super) fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap_or_default()
}

static TABLE: [u8; 256] = table();

const fn table() -> [u8; 256] {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = classes(byte);
        if byte == u8::MAX {
            return table;
        }
        byte += 1;
    }
}

const fn classes(byte: u8) -> u8 {
    let mut classes = match byte {
        b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'-' | b'.' | b'_' | b'~' | b'+' => {
            ByteClass::TCHAR.0 | ByteClass::TOKEN68.0 | ByteClass::ATTR_CHAR.0
        }
        b'!' | b'#' | b'$' | b'&' | b'^' | b'`' | b'|' => {
            ByteClass::TCHAR.0 | ByteClass::ATTR_CHAR.0
        }
        b'%' | b'\'' | b'*' => ByteClass::TCHAR.0,
        b'/' => ByteClass::TOKEN68.0,
        b' ' => ByteClass::SP.0 | ByteClass::OWS.0,
        b'\t' => ByteClass::OWS.0,
        _ => 0,
    };
    if matches!(byte, b'\t' | b' '..=b'~' | 0x80..) {
        classes |= ByteClass::QUOTED_PAIR.0;
    }
    if matches!(byte, b'\t' | b' ' | 0x21 | 0x23..=0x5B | 0x5D..=0x7E | 0x80..) {
        classes |= ByteClass::QDTEXT.0;
    }
    classes
}

#[cfg(test)]
mod tests {
    use super::{ByteClass, is_token68};

    /// Returns all bytes of `class` in ascending order.
    fn bytes_of(class: ByteClass) -> Vec<u8> {
        (0..=u8::MAX).filter(|&byte| class.holds(byte)).collect()
    }

    fn sorted(text: &[u8], ranges: &[std::ops::RangeInclusive<u8>]) -> Vec<u8> {
        let mut bytes = text.to_vec();
        bytes.extend(ranges.iter().cloned().flatten());
        bytes.sort_unstable();
        bytes
    }

    const ALPHA_DIGIT: [std::ops::RangeInclusive<u8>; 3] = [b'0'..=b'9', b'A'..=b'Z', b'a'..=b'z'];

    #[test]
    fn each_class_has_exactly_the_bytes_of_its_abnf() {
        let tchar = sorted(b"!#$%&'*+-.^_`|~", &ALPHA_DIGIT);
        let token68 = sorted(b"-._~+/", &ALPHA_DIGIT);
        let attr_char = sorted(b"!#$&+-.^_`|~", &ALPHA_DIGIT);
        let qdtext = sorted(b"\t \x21", &[0x23..=0x5B, 0x5D..=0x7E, 0x80..=0xFF]);
        let quoted_pair = sorted(b"\t ", &[0x21..=0x7E, 0x80..=0xFF]);

        assert_eq!(bytes_of(ByteClass::TCHAR), tchar);
        assert_eq!(bytes_of(ByteClass::TOKEN68), token68);
        assert_eq!(bytes_of(ByteClass::ATTR_CHAR), attr_char);
        assert_eq!(bytes_of(ByteClass::QDTEXT), qdtext);
        assert_eq!(bytes_of(ByteClass::QUOTED_PAIR), quoted_pair);
        assert_eq!(bytes_of(ByteClass::SP), b" ");
        assert_eq!(bytes_of(ByteClass::OWS), b"\t ");
    }

    #[test]
    fn a_span_ends_at_the_first_byte_of_another_class() {
        for length in 0..20 {
            let run = vec![b'a'; length];
            let longer = [&run[..], b",aaaaa"].concat();
            for text in [&run, &longer] {
                for start in 0..=length {
                    assert_eq!(ByteClass::TCHAR.span(text, start), length);
                    assert_eq!(ByteClass::TCHAR.long_span(text, start), length);
                }
            }
        }
    }

    #[test]
    fn a_long_token68_has_the_same_bytes_as_a_short_one() {
        for length in [1, 15, 16, 17, 31, 32, 40] {
            let padded = [vec![b'a'; length], b"==".to_vec()].concat();
            assert!(is_token68(&padded), "{length}");
            let inside = [&padded[..], b"a"].concat();
            assert!(!is_token68(&inside), "padding inside of {length}");
            for byte in (0..=u8::MAX).filter(|byte| *byte != b'=') {
                for place in 0..length {
                    let mut text = vec![b'a'; length];
                    text[place] = byte;
                    let is_right = ByteClass::TOKEN68.holds(byte);
                    assert_eq!(is_token68(&text), is_right, "{byte} at {place} of {length}");
                }
            }
        }
    }

    #[test]
    fn a_token68_has_one_or_more_characters_and_then_only_padding() {
        for good in ["a", "a=", "a===", "-._~+/", "0/"] {
            assert!(is_token68(good.as_bytes()), "{good}");
        }
        for bad in ["", "=", "a=b", "a b", "a!", "=a"] {
            assert!(!is_token68(bad.as_bytes()), "{bad}");
        }
    }
}
