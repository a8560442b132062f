//! How long a claim lasts.

use std::time::Duration;

use super::ask::{ClaimAnswer, count_briefly, count_for, once_briefly, once_for, pass_until};
use super::backend::ReplayBackend;
use super::random::new_key;
use crate::store::ClaimKey;

/// A claim is refused again until its ttl has passed: at half of it, at nine tenths, and a nanosecond before.
///
/// What happens at the ttl and after it is up to the store.
///
/// # Panics
///
/// Panics if a claim is granted again before its time.
pub fn a_claim_lasts_for_its_ttl<B: ReplayBackend>(backend: &B) {
    for left in moments_before_the_end(backend) {
        let (one, other) = (new_key(), new_key());
        let end = backend.now() + backend.ttl();
        once_briefly(backend, one).must_be_first("a key");
        count_briefly(backend, other, 1).must_be_first("a count");
        both_until(backend, end, left, [one, other], " within its ttl");
    }
}

/// Each count that is claimed keeps the key, and with it all counts claimed before, for another ttl.
///
/// # Panics
///
/// Panics if a count is granted again within the ttl of a later one.
pub fn a_later_claim_prolongs<B: ReplayBackend>(backend: &B) {
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
            until(backend, end, &count_briefly(backend, key, 2), what);
        }
    }
}

/// A claim for a shorter time, of either kind, takes nothing from one for a longer time.
///
/// # Panics
///
/// Panics if a claim is granted again before its time.
pub fn a_shorter_claim_does_not_shorten<B: ReplayBackend>(backend: &B) {
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
        both_until(backend, end, left, [one, other], when);
    }
}

/// A ttl of any length is taken, or refused: it neither panics nor wraps around into a short one.
///
/// # Panics
///
/// Panics if the claim is granted again.
pub fn a_claim_may_last_for_ever<B: ReplayBackend>(backend: &B) {
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
            answer.must_not_be_first("what was claimed for centuries");
        }
    }
}

/// How long before the end of a ttl to look. Each look needs a key of its own, because it may prolong the claim.
fn moments_before_the_end<B: ReplayBackend>(backend: &B) -> [Duration; 3] {
    let ttl = backend.ttl();
    [ttl / 2, ttl / 10, Duration::from_nanos(1)]
}

/// What is claimed before `end` must be refused. A look that came too late, where time cannot be held, tells nothing.
#[track_caller]
fn until<B: ReplayBackend>(backend: &B, end: Duration, answer: &ClaimAnswer, what: &str) {
    if backend.now() < end {
        answer.must_be_again(what);
    }
}

/// Shortly before `end`, a key and a count of another key must be refused.
#[track_caller]
fn both_until<B: ReplayBackend>(
    backend: &B,
    end: Duration,
    left: Duration,
    [one, other]: [ClaimKey; 2],
    when: &str,
) {
    pass_until(backend, end.saturating_sub(left));
    let (key, count) = (format!("a key{when}"), format!("a count{when}"));
    until(backend, end, &once_briefly(backend, one), &key);
    until(backend, end, &count_briefly(backend, other, 1), &count);
}
