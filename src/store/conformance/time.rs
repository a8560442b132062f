//! Checks how long a claim lasts.

use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, count_for, once_briefly, once_for, pass_until};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::ClaimKey;

/// Checks that the store refuses a claimed use until the ttl has passed: at half of it, at nine tenths,
/// and a nanosecond before its end.
///
/// At the ttl and after it, the store may refuse or grant the use.
///
/// # Panics
///
/// Panics if the store grants a use again within the ttl.
pub fn a_claim_lasts_for_its_ttl<B: ReplayBackend>(backend: &B) {
    for left in moments_before_the_end(backend) {
        let (one, other) = (new_key(), new_key());
        let end = backend.now() + backend.ttl();
        once_briefly(backend, one).must_be_first("a key");
        count_briefly(backend, other, 1).must_be_first("a count");
        both_must_be_refused_until(backend, end, left, [one, other], " within its ttl");
    }
}

/// Checks that each claimed count keeps the key, with all counts claimed before, for another ttl.
///
/// # Panics
///
/// Panics if the store grants a count again within the ttl of a later one.
pub fn a_later_claim_prolongs_the_ttl<B: ReplayBackend>(backend: &B) {
    for left in moments_before_the_end(backend) {
        let key = new_key();
        let first_end = backend.now() + backend.ttl();
        count_briefly(backend, key, 2).must_be_first("a count");
        backend.pass(backend.ttl() / 2);
        let end = backend.now() + backend.ttl();
        count_briefly(backend, key, 1).must_be_first("another count");
        if backend.now() < first_end {
            pass_until(backend, end.saturating_sub(left));
            let what = "a count within the ttl of a later one";
            must_be_refused_until(backend, end, &count_briefly(backend, key, 2), what);
        }
    }
}

/// Checks that a claim with a shorter ttl, of either kind, does not shorten a claim with a longer ttl.
///
/// # Panics
///
/// Panics if the store grants a use again within the longer ttl.
pub fn a_shorter_claim_does_not_shorten_the_ttl<B: ReplayBackend>(backend: &B) {
    let shorter = backend.ttl() / 10;
    for left in moments_before_the_end(backend) {
        let (one, other) = (new_key(), new_key());
        let end = backend.now() + backend.ttl();
        once_briefly(backend, one).must_be_first("a key");
        count_briefly(backend, other, 1).must_be_first("a count");
        for key in [one, other] {
            let _either = count_for(backend, key, 2, shorter);
            let _either = once_for(backend, key, shorter);
        }
        let when = ", after a shorter claim of it";
        both_must_be_refused_until(backend, end, left, [one, other], when);
    }
}

/// Checks that the store accepts or refuses a ttl of any length: it neither panics nor wraps around to a short one.
///
/// # Panics
///
/// Panics if the store grants the claim again.
pub fn a_claim_with_a_very_long_ttl_lasts<B: ReplayBackend>(backend: &B) {
    for ttl in [
        Duration::from_secs(1 << 33),
        Duration::from_millis(u64::MAX),
        Duration::MAX,
    ] {
        let (one, other) = (new_key(), new_key());
        let claims = || {
            [
                once_for(backend, one, ttl),
                count_for(backend, other, 1, ttl),
            ]
        };
        let _granted_or_refused = claims();
        backend.pass(backend.ttl());
        for answer in claims() {
            answer.must_not_be_first("a use that is claimed for centuries");
        }
    }
}

/// Returns how long before the end of a ttl to claim again. Each such claim needs a key of its own, because it may
/// prolong the claim.
fn moments_before_the_end<B: ReplayBackend>(backend: &B) -> [Duration; 3] {
    let ttl = backend.ttl();
    [ttl / 2, ttl / 10, Duration::from_nanos(1)]
}

/// Checks that the store refuses a repeat before `end`. A repeat that came too late, because time passes during the
/// check, proves nothing.
#[track_caller]
fn must_be_refused_until<B: ReplayBackend>(
    backend: &B,
    end: Duration,
    answer: &ClaimAnswer,
    what: &str,
) {
    if backend.now() < end {
        answer.must_be_not_first(what);
    }
}

/// Checks shortly before `end` that the store refuses a key and a count of another key.
#[track_caller]
fn both_must_be_refused_until<B: ReplayBackend>(
    backend: &B,
    end: Duration,
    left: Duration,
    [one, other]: [ClaimKey; 2],
    when: &str,
) {
    pass_until(backend, end.saturating_sub(left));
    let (key, count) = (format!("a key{when}"), format!("a count{when}"));
    must_be_refused_until(backend, end, &once_briefly(backend, one), &key);
    must_be_refused_until(backend, end, &count_briefly(backend, other, 1), &count);
}
