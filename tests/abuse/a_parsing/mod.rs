//! A. Parsing the credentials field.

mod field;
mod foreign;
mod own_grammar;
mod params;
mod places;
mod whole_field;

use http::StatusCode;

use crate::support::Answer;

pub(crate) fn spelled(name: &str, mask: u32) -> String {
    let letters = name
        .chars()
        .enumerate()
        .map(|(i, letter)| match mask >> i & 1 {
            0 => letter.to_ascii_lowercase(),
            _ => letter.to_ascii_uppercase(),
        });
    letters.collect()
}

/// Asserts that the layer refused the request and asked no verifier.
pub(crate) fn assert_no_verifier_was_asked(answer: &Answer) {
    assert!(!answer.is_from_inside(), "{}", answer.asked);
    assert_eq!(answer.verified, [""; 0], "{}", answer.asked);
    let expected = [StatusCode::BAD_REQUEST, answer.role.unauthenticated()];
    assert!(expected.contains(&answer.status), "{}", answer.asked);
}
