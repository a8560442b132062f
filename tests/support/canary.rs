//! Secrets that are marked, and the search for them.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::digest_client::{ALGORITHMS, ha1};

/// The mark in every secret of the tests.
pub const MARK: &str = "C4NARY";

/// The protection space.
pub const REALM: &str = "api@example.org";

/// Who may in.
pub const USER: &str = "mufasa";
/// With this password.
pub const PASSWORD: &str = "C4NARY-circle-of-life";
/// Or with this token.
pub const TOKEN: &str = "C4NARY.t0ken~of-mufasa";

/// Somebody else who may in.
pub const OTHER_USER: &str = "nala";
/// With this password.
pub const OTHER_PASSWORD: &str = "C4NARY-pride-lands";
/// Or with this token.
pub const OTHER_TOKEN: &str = "C4NARY.t0ken~of-nala";

/// A password that nobody has.
pub const WRONG: &str = "C4NARY-hakuna-matata1";
/// A token that nobody has.
pub const WRONG_TOKEN: &str = "C4NARY.t0ken~of-scarrr";

/// Everything by which a secret of the tests can be known: the mark; the mark in base64, wherever in three octets it
/// starts, in hexadecimal, in percent-encoding and as a list of octets; and what Digest keeps instead of passwords.
#[must_use]
pub fn marks() -> Vec<String> {
    let mut marks = vec![MARK.to_owned()];
    marks.extend((0..3).map(mark_in_base64));
    marks.extend(mark_in_numbers());
    let accounts = [(USER, PASSWORD), (OTHER_USER, OTHER_PASSWORD)];
    for (user, password) in accounts {
        marks.extend(ALGORITHMS.map(|algorithm| ha1(algorithm, user, REALM, password)));
    }
    marks
}

/// The characters that depend on the mark alone.
fn mark_in_base64(offset: usize) -> String {
    let mut octets = vec![0; offset];
    octets.extend(MARK.bytes());
    let (start, end) = ((8 * offset).div_ceil(6), 8 * octets.len() / 6);
    STANDARD_NO_PAD.encode(octets)[start..end].to_owned()
}

/// In hexadecimal, percent-encoded to the last character, and as `Debug` shows octets.
fn mark_in_numbers() -> Vec<String> {
    let lower = |octet| format!("{octet:02x}");
    let upper = |octet| format!("{octet:02X}");
    let percent_lower = |octet| format!("%{octet:02x}");
    let percent_upper = |octet| format!("%{octet:02X}");
    let forms: [fn(u8) -> String; 4] = [lower, upper, percent_lower, percent_upper];
    let spelled = forms.map(|form| MARK.bytes().map(form).collect::<String>());
    let listed = format!("{:?}", MARK.as_bytes());
    let listed = listed.trim_matches(['[', ']']).to_owned();
    spelled.into_iter().chain([listed]).collect()
}

/// Asserts that `text`, of which `what` tells the origin, holds no secret.
pub fn assert_free(what: &str, text: &[u8]) {
    static MARKS: OnceLock<Vec<String>> = OnceLock::new();
    let text = String::from_utf8_lossy(text);
    for mark in MARKS.get_or_init(marks) {
        assert!(
            !text.contains(mark),
            "{what} holds a secret ({mark}): {text}"
        );
    }
}

#[test]
fn a_mark_is_found_in_base64_wherever_it_starts() {
    use base64::engine::general_purpose::STANDARD;
    for start in ["", "a", "ab", "abc", "mufasa:"] {
        let hidden = STANDARD.encode(format!("{start}{PASSWORD}"));
        let found = marks().iter().any(|mark| hidden.contains(mark));
        assert!(found, "{hidden}");
    }
}

#[test]
fn a_mark_is_found_however_it_is_spelled() {
    let octets = PASSWORD.as_bytes();
    let spell = |form: fn(u8) -> String| octets.iter().copied().map(form).collect::<String>();
    let spelled = [
        spell(|octet| format!("{octet:02x}")),
        spell(|octet| format!("{octet:02X}")),
        spell(|octet| format!("%{octet:02x}")),
        spell(|octet| format!("%{octet:02X}")),
        format!("{octets:?}"),
        format!("{PASSWORD:?}"),
    ];
    for text in spelled {
        let found = marks().iter().any(|mark| text.contains(mark));
        assert!(found, "{text}");
    }
}
