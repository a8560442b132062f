//! Which challenges speak for the same protection space (RFC 9110 section 11.5).

use std::borrow::Cow;

use crate::header::Challenge;

/// Whether both are of one scheme and one realm.
pub(super) fn same_space(one: &Challenge, other: &Challenge) -> bool {
    one.names_same_scheme(other) && param(one, "realm") == param(other, "realm")
}

/// Leaves out what `said` or an earlier one has said already: a scheme, a realm and an algorithm once. Whatever is in a
/// challenge beside these, a nonce for instance, is new in each, and no client would know which to take.
pub(super) fn each_once(said: &[Challenge], challenges: &mut Vec<Challenge>) {
    let mut place = 0;
    while let Some(challenge) = challenges.get(place) {
        let mut earlier = said.iter().chain(&challenges[..place]);
        if earlier.any(|it| says_the_same(it, challenge)) {
            challenges.remove(place);
        } else {
            place += 1;
        }
    }
}

fn says_the_same(one: &Challenge, other: &Challenge) -> bool {
    same_space(one, other) && param(one, "algorithm") == param(other, "algorithm")
}

fn param<'a>(challenge: &'a Challenge, name: &str) -> Option<Cow<'a, [u8]>> {
    challenge.param(name).map(|value| value.to_bytes())
}
