//! What every throttle store must do.

mod ask;
mod backend;
mod limit;
mod settled;
mod time;

pub use self::backend::ThrottleBackend;
pub use self::limit::{
    a_flood_opens_nothing, exactly_the_limit_is_granted,
    exactly_the_limit_is_granted_to_200_at_once, keys_fail_apart, one_of_200_gets_in_after_a_wait,
};
pub use self::settled::{
    a_success_clears_its_key, an_allowance_is_for_who_is_vouched_for,
    an_allowance_is_renewed_in_its_time, what_is_forgotten_settles_nothing,
    what_is_given_back_was_none, what_is_late_settles_nothing,
};
pub use self::time::{
    a_wait_lasts_as_long_as_it_is_told, failures_are_forgiven_in_time, failures_are_remembered,
    no_step_of_the_wall_clock_counts, the_hard_stop_is_for_good, what_is_shut_is_not_forgotten,
};

/// Runs every check of a throttle store, each on a backend of its own with an empty store.
///
/// # Panics
///
/// Panics at the first check that fails.
pub fn throttle_store<B: ThrottleBackend>(new: impl Fn() -> B) {
    exactly_the_limit_is_granted(&new());
    keys_fail_apart(&new());
    a_success_clears_its_key(&new());
    what_is_late_settles_nothing(&new());
    what_is_forgotten_settles_nothing(&new());
    what_is_given_back_was_none(&new());
    a_wait_lasts_as_long_as_it_is_told(&new());
    failures_are_remembered(&new());
    what_is_shut_is_not_forgotten(&new());
    the_hard_stop_is_for_good(&new());
    failures_are_forgiven_in_time(&new());
    an_allowance_is_for_who_is_vouched_for(&new());
    an_allowance_is_renewed_in_its_time(&new());
    no_step_of_the_wall_clock_counts(&new());
    exactly_the_limit_is_granted_to_200_at_once(&new());
    one_of_200_gets_in_after_a_wait(&new());
    a_flood_opens_nothing(&new());
}
