//! Defines secrets with a mark in them, and searches text for the mark.

use std::sync::OnceLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use super::digest_client::{ALGORITHMS, ha1};

/// The text that every secret of the tests contains.
pub const MARK: &str = "C4NARY";

/// The realm.
pub const REALM: &str = "api@example.org";

/// The name of the first account.
pub const USER: &str = "mufasa";
/// The password of the first account.
pub const PASSWORD: &str = "C4NARY-circle-of-life";
/// The token of the first account.
pub const TOKEN: &str = "C4NARY.t0ken~of-mufasa";

/// The name of the second account.
pub const OTHER_USER: &str = "nala";
/// The password of the second account.
pub const OTHER_PASSWORD: &str = "C4NARY-pride-lands";
/// The token of the second account.
pub const OTHER_TOKEN: &str = "C4NARY.t0ken~of-nala";

/// A password that is wrong for both accounts.
pub const WRONG: &str = "C4NARY-hakuna-matata1";
/// A token that belongs to no account.
pub const WRONG_TOKEN: &str = "C4NARY.t0ken~of-scarrr";

/// Returns every form in which a secret of the tests could appear.
///
/// These are the mark itself, in base64 at each of the three offsets, in hexadecimal, in percent-encoding and as a list
/// of bytes, and the hashes that Digest stores in place of passwords.
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

/// Returns the base64 of the mark if `offset` bytes precede it: the characters that depend on the mark alone.
fn mark_in_base64(offset: usize) -> String {
    let mut bytes = vec![0; offset];
    bytes.extend(MARK.bytes());
    let (start, end) = ((8 * offset).div_ceil(6), 8 * bytes.len() / 6);
    STANDARD_NO_PAD.encode(bytes)[start..end].to_owned()
}

/// Returns the mark in hexadecimal, percent-encoded, and as `Debug` shows a list of bytes.
fn mark_in_numbers() -> Vec<String> {
    let lower = |byte| format!("{byte:02x}");
    let upper = |byte| format!("{byte:02X}");
    let percent_lower = |byte| format!("%{byte:02x}");
    let percent_upper = |byte| format!("%{byte:02X}");
    let forms: [fn(u8) -> String; 4] = [lower, upper, percent_lower, percent_upper];
    let spelled = forms.map(|form| MARK.bytes().map(form).collect::<String>());
    let listed = format!("{:?}", MARK.as_bytes());
    let listed = listed.trim_matches(['[', ']']).to_owned();
    spelled.into_iter().chain([listed]).collect()
}

/// Asserts that `text` holds no secret. `what` names the text in the message.
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
fn the_mark_is_found_in_base64_at_every_offset() {
    use base64::engine::general_purpose::STANDARD;
    for start in ["", "a", "ab", "abc", "mufasa:"] {
        let hidden = STANDARD.encode(format!("{start}{PASSWORD}"));
        let found = marks().iter().any(|mark| hidden.contains(mark));
        assert!(found, "{hidden}");
    }
}

#[test]
fn the_mark_is_found_in_hexadecimal_percent_encoding_and_debug_output() {
    let bytes = PASSWORD.as_bytes();
    let spell = |form: fn(u8) -> String| bytes.iter().copied().map(form).collect::<String>();
    let spelled = [
        spell(|byte| format!("{byte:02x}")),
        spell(|byte| format!("{byte:02X}")),
        spell(|byte| format!("%{byte:02x}")),
        spell(|byte| format!("%{byte:02X}")),
        format!("{bytes:?}"),
        format!("{PASSWORD:?}"),
    ];
    for text in spelled {
        let found = marks().iter().any(|mark| text.contains(mark));
        assert!(found, "{text}");
    }
}
