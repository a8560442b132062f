//! Compares the protection spaces of challenges (RFC 9110 section 11.5).

use crate::header::Challenge;

/// Removes every challenge that repeats a challenge of `existing` or an earlier one of the list.
///
/// A challenge repeats another if scheme, realm and algorithm are the same. Other parameters do not count: a nonce, for
/// example, differs in every challenge, and a client could not tell which of the challenges to answer.
pub(super) fn remove_repeats(existing: &[Challenge], challenges: &mut Vec<Challenge>) {
    let mut index = 0;
    while let Some(challenge) = challenges.get(index) {
        let mut earlier = existing.iter().chain(&challenges[..index]);
        if earlier.any(|other| is_repeat(other, challenge)) {
            challenges.remove(index);
        } else {
            index += 1;
        }
    }
}

/// Whether two challenges have the same scheme, realm and algorithm.
fn is_repeat(one: &Challenge, other: &Challenge) -> bool {
    one.shares_space(other) && one.param("algorithm") == other.param("algorithm")
}
