//! Checks that every throttle store must pass.

mod ask;
mod backend;
mod familiar;
mod flood;
mod interleaving;
mod limit;
mod model;
mod repeat;
mod time;

pub use self::backend::ThrottleBackend;
pub use self::familiar::{
    a_familiar_location_has_its_own_budget, a_location_stays_familiar_for_its_time,
    a_login_a_mark_or_an_unlock_ends_a_lockout,
    an_unfamiliar_attempt_is_not_undone_at_a_familiar_location,
    an_unlock_forgets_the_failures_of_one_account, rest_resets_the_count_towards_a_lockout,
};
pub use self::flood::a_flood_returns_no_attempts_to_an_exhausted_account;
pub use self::interleaving::every_order_of_steps_counts_correctly;
pub use self::limit::{
    a_subnet_holds_at_most_its_share, all_budgets_count_an_attempt_or_none_does,
    keys_that_differ_in_one_bit_have_separate_budgets, subscribers_and_subnets_have_their_limits,
    the_store_grants_exactly_the_limit, the_store_grants_exactly_the_limit_to_1000_callers_at_once,
};
pub use self::model::the_store_agrees_with_the_rules;
pub use self::repeat::{
    an_account_counts_a_repeated_password_once, an_attempt_that_a_repeat_joined_is_not_undone,
    an_exhausted_account_refuses_repeats, an_undone_or_successful_attempt_is_returned,
    undoing_a_repeat_returns_no_attempt, undoing_an_attempt_late_returns_no_attempt,
};
pub use self::time::{
    a_step_of_the_wall_clock_changes_no_budget, a_wait_lasts_as_long_as_the_store_says,
    time_forgives_one_failure_each_period,
};

/// Runs every check of a throttle store, each on a backend of its own with an empty store.
///
/// # Panics
///
/// Panics at the first check that fails.
pub fn throttle_store<B: ThrottleBackend>(new: impl Fn() -> B) {
    the_store_grants_exactly_the_limit(&new());
    keys_that_differ_in_one_bit_have_separate_budgets(&new());
    subscribers_and_subnets_have_their_limits(&new());
    all_budgets_count_an_attempt_or_none_does(&new());
    a_subnet_holds_at_most_its_share(&new());
    an_account_counts_a_repeated_password_once(&new());
    an_exhausted_account_refuses_repeats(&new());
    an_undone_or_successful_attempt_is_returned(&new());
    an_attempt_that_a_repeat_joined_is_not_undone(&new());
    undoing_an_attempt_late_returns_no_attempt(&new());
    a_wait_lasts_as_long_as_the_store_says(&new());
    time_forgives_one_failure_each_period(&new());
    a_step_of_the_wall_clock_changes_no_budget(&new());
    a_familiar_location_has_its_own_budget(&new());
    an_unfamiliar_attempt_is_not_undone_at_a_familiar_location(&new());
    a_location_stays_familiar_for_its_time(&new());
    a_login_a_mark_or_an_unlock_ends_a_lockout(&new());
    rest_resets_the_count_towards_a_lockout(&new());
    an_unlock_forgets_the_failures_of_one_account(&new());
    undoing_a_repeat_returns_no_attempt(&new());
    every_order_of_steps_counts_correctly(&new());
    the_store_agrees_with_the_rules(&new());
    the_store_grants_exactly_the_limit_to_1000_callers_at_once(&new());
    a_flood_returns_no_attempts_to_an_exhausted_account(&new());
}
