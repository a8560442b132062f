//! Makes claims on the store under test, and checks the answers.

use std::time::Duration;

use super::backend::ReplayBackend;
use crate::store::{Claim, ClaimHolder, ClaimKey, ReplayStore};
use crate::unavailable::Unavailable;

/// The answer of a store to a claim.
pub(super) struct ClaimAnswer(Result<Claim, Unavailable>);

/// Longer than any check lasts, except the checks of time.
const AN_HOUR: Duration = Duration::from_secs(3600);

/// Claims `key` for an hour.
pub(super) fn once(backend: &impl ReplayBackend, key: ClaimKey) -> ClaimAnswer {
    once_for(backend, key, AN_HOUR)
}

/// Claims `key` for the backend's ttl.
pub(super) fn once_briefly(backend: &impl ReplayBackend, key: ClaimKey) -> ClaimAnswer {
    once_for(backend, key, backend.ttl())
}

pub(super) fn once_for(backend: &impl ReplayBackend, key: ClaimKey, ttl: Duration) -> ClaimAnswer {
    let claim = backend.store().claim_once(key, owner(key), ttl);
    ClaimAnswer(backend.wait(claim))
}

/// Claims `count` of `key` for an hour.
pub(super) fn count(backend: &impl ReplayBackend, key: ClaimKey, count: u32) -> ClaimAnswer {
    count_for(backend, key, count, AN_HOUR)
}

/// Claims `count` of `key` for the backend's ttl.
pub(super) fn count_briefly(
    backend: &impl ReplayBackend,
    key: ClaimKey,
    count: u32,
) -> ClaimAnswer {
    count_for(backend, key, count, backend.ttl())
}

pub(super) fn count_for(
    backend: &impl ReplayBackend,
    key: ClaimKey,
    count: u32,
    ttl: Duration,
) -> ClaimAnswer {
    count_by(backend, key, owner(key), count, ttl)
}

/// Claims `count` of `key` for the account `holder`.
pub(super) fn count_by(
    backend: &impl ReplayBackend,
    key: ClaimKey,
    holder: ClaimHolder,
    count: u32,
    ttl: Duration,
) -> ClaimAnswer {
    let claim = backend.store().claim_count(key, holder, count, ttl);
    ClaimAnswer(backend.wait(claim))
}

/// Returns an account for a key, for checks that do not depend on the account. Each key has an account of its own.
pub(super) fn owner(key: ClaimKey) -> ClaimHolder {
    let spread = |bytes: &[u8]| {
        let bytes = bytes.iter().copied().map(u64::from);
        let number = bytes.fold(0, |so_far, byte| so_far << 8 | byte);
        number.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    };
    // This keeps all 128 bits apart: two keys that differ in one bit have different accounts.
    let (first, second) = key.as_bytes().split_at(8);
    ClaimHolder::new(spread(first).rotate_left(32) ^ spread(second))
}

impl ClaimAnswer {
    /// Whether the store grants the claim. An error does not grant it.
    pub(super) const fn is_first(&self) -> bool {
        matches!(self.0, Ok(Claim::First))
    }

    #[track_caller]
    pub(super) fn must_be_first(&self, what: &str) {
        assert!(self.is_first(), "{what}: must be First, was {:?}", self.0);
    }

    #[track_caller]
    pub(super) fn must_be_not_first(&self, what: &str) {
        let not_first = matches!(self.0, Ok(Claim::NotFirst));
        assert!(not_first, "{what}: must be NotFirst, was {:?}", self.0);
    }

    #[track_caller]
    pub(super) fn must_not_be_first(&self, what: &str) {
        assert!(!self.is_first(), "{what}: must not be First, and was");
    }

    /// A store without room must answer with an error. No caller has claimed the key before, so `NotFirst` would be
    /// false.
    #[track_caller]
    pub(super) fn must_be_first_or_an_error(&self, what: &str) {
        let fits = self.is_first() || self.0.is_err();
        assert!(fits, "{what}: must be First or an error, was NotFirst");
    }

    #[track_caller]
    pub(super) fn must_not_be_an_error(&self, what: &str) {
        assert!(
            self.0.is_ok(),
            "{what}: must not be an error, was {:?}",
            self.0
        );
    }
}

/// Lets time pass for the store until `moment`.
pub(super) fn pass_until(backend: &impl ReplayBackend, moment: Duration) {
    backend.pass(moment.saturating_sub(backend.now()));
}
