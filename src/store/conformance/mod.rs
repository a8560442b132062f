//! What every store must do.
//!
//! A store that passes [`replay_store`] can stand behind any scheme, and one that passes [`throttle_store`] behind any
//! throttle. Each check is public, and takes a backend with an
//! empty store, so that a failing one can be run alone. A check returns, or panics with a sentence that says what the
//! store did and what it should have done.
//!
//! Keys are new in every run, so that a backend whose memory outlives the run needs no clearing, unless it has a
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
    a_key_of_another_epoch_is_not_granted, the_epoch_stays_while_nothing_is_lost,
    what_is_lost_is_not_granted_again,
};
pub use self::model::it_agrees_with_a_plain_map;
pub use self::race::{one_racer_gets_each_count, one_racer_gets_the_key};
pub use self::room::{a_full_store_refuses_and_recovers, racers_do_not_overfill_it};
pub use self::separation::{keys_are_independent, once_and_count_are_not_confused};
pub use self::share::{an_account_alone_has_half_of_it, an_account_that_fills_it_keeps_nobody_out};
pub use self::throttle::{
    ThrottleBackend, a_flood_opens_nothing, a_full_account_refuses_repeats,
    a_joined_attempt_is_not_undone, a_known_location_has_its_own_budget,
    a_location_is_known_for_its_time, a_release_forgets_an_account, a_repeat_is_counted_once,
    a_repeat_undone_takes_nothing_back, a_stop_has_three_endings, a_subnet_has_its_share,
    a_wait_lasts_as_long_as_it_is_told, all_budgets_count_or_none,
    an_attempt_undone_late_takes_nothing_back,
    an_unfamiliar_attempt_is_not_undone_at_a_known_location, every_interleaving_counts_right,
    exactly_the_limit_is_granted, exactly_the_limit_is_granted_to_1000_at_once,
    failures_are_forgiven_in_time, it_agrees_with_the_rules, keys_fail_apart,
    networks_have_their_limits, no_step_of_the_wall_clock_counts,
    rest_forgets_what_leads_to_a_stop, throttle_store, what_is_given_back_was_none,
};
pub use self::time::{
    a_claim_lasts_for_its_ttl, a_claim_may_last_for_ever, a_later_claim_prolongs,
    a_shorter_claim_does_not_shorten,
};
pub use self::uses::{counts_come_in_any_order, counts_out_of_range_are_refused};

/// Runs every check, each on a backend of its own with an empty store.
///
/// # Panics
///
/// Panics at the first check that fails.
pub fn replay_store<B: ReplayBackend>(new: impl Fn() -> B) {
    counts_come_in_any_order(&new());
    counts_out_of_range_are_refused(&new());
    keys_are_independent(&new());
    once_and_count_are_not_confused(&new());
    a_claim_lasts_for_its_ttl(&new());
    a_later_claim_prolongs(&new());
    a_shorter_claim_does_not_shorten(&new());
    a_claim_may_last_for_ever(&new());
    a_full_store_refuses_and_recovers(&new());
    an_account_alone_has_half_of_it(&new());
    an_account_that_fills_it_keeps_nobody_out(&new());
    the_epoch_stays_while_nothing_is_lost(&new());
    a_key_of_another_epoch_is_not_granted(&new());
    what_is_lost_is_not_granted_again(&new());
    it_agrees_with_a_plain_map(&new());
    one_racer_gets_the_key(&new());
    one_racer_gets_each_count(&new());
    racers_do_not_overfill_it(&new());
}
