//! Checks that every store must pass.
//!
//! A store that passes [`replay_store`] fits any scheme, and a store that passes [`throttle_store`] fits any
//! throttle. Each check is public and takes a backend with an empty store, so that you can run a failing check alone. A
//! check returns, or panics with a sentence that says what the store did and what it should have done.
//!
//! Each run uses new keys. So you need not clear a backend whose data outlives the run, unless it has a
//! [capacity](ReplayBackend::capacity).
//!
//! # Example
//!
//! ```
//! use std::panic::{AssertUnwindSafe, catch_unwind};
//! use std::time::{Duration, SystemTime};
//! use tower_challenge::clock::{Clock, ManualClock};
//! use tower_challenge::store::conformance::{self, ReplayBackend};
//! use tower_challenge::store::{Claim, StoreEpoch, ClaimHolder, ClaimKey, MemoryStore, ReplayStore};
//! use tower_challenge::{NowOrLater, Unavailable};
//!
//! struct Tested<S> {
//!     store: S,
//!     clock: ManualClock,
//! }
//!
//! impl<S: ReplayStore> ReplayBackend for Tested<S> {
//!     type Store = S;
//!     fn store(&self) -> &S { &self.store }
//!     fn now(&self) -> Duration { self.clock.monotonic() }
//!     fn pass(&self, time: Duration) { self.clock.advance(time) }
//! }
//!
//! conformance::replay_store(|| {
//!     let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
//!     Tested { store: MemoryStore::new().with_clock(clock.clone()), clock }
//! });
//!
//! struct Forgetful;
//!
//! impl ReplayStore for Forgetful {
//!     fn claim_once(&self, _: ClaimKey, _: ClaimHolder, _: Duration) -> NowOrLater<Result<Claim, Unavailable>> {
//!         NowOrLater::now(Ok(Claim::First))
//!     }
//!     fn claim_count(&self, _: ClaimKey, _: ClaimHolder, _: u32, _: Duration) -> NowOrLater<Result<Claim, Unavailable>> {
//!         NowOrLater::now(Ok(Claim::First))
//!     }
//!     fn epoch(&self) -> NowOrLater<Result<StoreEpoch, Unavailable>> {
//!         NowOrLater::now(Ok(StoreEpoch::new(1)))
//!     }
//! }
//!
//! let forgetful = || Tested { store: Forgetful, clock: ManualClock::new(SystemTime::UNIX_EPOCH) };
//! assert!(catch_unwind(AssertUnwindSafe(|| conformance::replay_store(forgetful))).is_err());
//! ```

mod ask;
mod backend;
mod epoch;
mod model;
mod race;
mod random;
mod room;
mod separation;
mod share;
mod throttle;
mod time;
mod uses;

pub use self::backend::ReplayBackend;
pub use self::epoch::{
    a_store_that_lost_its_data_grants_no_old_claim_again,
    the_epoch_stays_while_the_store_loses_nothing, the_store_refuses_a_key_of_another_epoch,
};
pub use self::model::the_store_agrees_with_a_plain_map;
pub use self::race::{one_of_32_callers_gets_each_count, one_of_32_callers_gets_the_key};
pub use self::room::{
    a_full_store_refuses_and_recovers, concurrent_callers_do_not_overfill_the_store,
};
pub use self::separation::{claim_once_and_claim_count_are_not_confused, keys_are_independent};
pub use self::share::{
    an_account_alone_gets_half_of_the_store,
    an_account_that_claims_all_it_can_leaves_room_for_others,
};
pub use self::throttle::{
    ThrottleBackend, a_familiar_location_has_its_own_budget,
    a_flood_returns_no_attempts_to_an_exhausted_account, a_location_stays_familiar_for_its_time,
    a_login_a_mark_or_an_unlock_ends_a_lockout, a_step_of_the_wall_clock_changes_no_budget,
    a_subnet_holds_at_most_its_share, a_wait_lasts_as_long_as_the_store_says,
    all_budgets_count_an_attempt_or_none_does, an_account_counts_a_repeated_password_once,
    an_attempt_that_a_repeat_joined_is_not_undone, an_exhausted_account_refuses_repeats,
    an_undone_or_successful_attempt_is_returned,
    an_unfamiliar_attempt_is_not_undone_at_a_familiar_location,
    an_unlock_forgets_the_failures_of_one_account, every_order_of_steps_counts_correctly,
    keys_that_differ_in_one_bit_have_separate_budgets, rest_resets_the_count_towards_a_lockout,
    subscribers_and_subnets_have_their_limits, the_store_agrees_with_the_rules,
    the_store_grants_exactly_the_limit, the_store_grants_exactly_the_limit_to_1000_callers_at_once,
    throttle_store, time_forgives_one_failure_each_period, undoing_a_repeat_returns_no_attempt,
    undoing_an_attempt_late_returns_no_attempt,
};
pub use self::time::{
    a_claim_lasts_for_its_ttl, a_claim_with_a_very_long_ttl_lasts, a_later_claim_prolongs_the_ttl,
    a_shorter_claim_does_not_shorten_the_ttl,
};
pub use self::uses::{counts_can_be_claimed_in_any_order, the_store_refuses_counts_out_of_range};

/// Runs every check of a replay store, each on a backend of its own with an empty store.
///
/// # Panics
///
/// Panics at the first check that fails.
pub fn replay_store<B: ReplayBackend>(new: impl Fn() -> B) {
    counts_can_be_claimed_in_any_order(&new());
    the_store_refuses_counts_out_of_range(&new());
    keys_are_independent(&new());
    claim_once_and_claim_count_are_not_confused(&new());
    a_claim_lasts_for_its_ttl(&new());
    a_later_claim_prolongs_the_ttl(&new());
    a_shorter_claim_does_not_shorten_the_ttl(&new());
    a_claim_with_a_very_long_ttl_lasts(&new());
    a_full_store_refuses_and_recovers(&new());
    an_account_alone_gets_half_of_the_store(&new());
    an_account_that_claims_all_it_can_leaves_room_for_others(&new());
    the_epoch_stays_while_the_store_loses_nothing(&new());
    the_store_refuses_a_key_of_another_epoch(&new());
    a_store_that_lost_its_data_grants_no_old_claim_again(&new());
    the_store_agrees_with_a_plain_map(&new());
    one_of_32_callers_gets_the_key(&new());
    one_of_32_callers_gets_each_count(&new());
    concurrent_callers_do_not_overfill_the_store(&new());
}
