//! What every throttle store must do.

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
    a_known_location_has_its_own_budget, a_location_is_known_for_its_time,
    a_release_forgets_an_account, a_stop_has_three_endings,
    an_unfamiliar_attempt_is_not_undone_at_a_known_location, rest_forgets_what_leads_to_a_stop,
};
pub use self::flood::a_flood_opens_nothing;
pub use self::interleaving::every_interleaving_counts_right;
pub use self::limit::{
    a_subnet_has_its_share, all_budgets_count_or_none, exactly_the_limit_is_granted,
    exactly_the_limit_is_granted_to_1000_at_once, keys_fail_apart, networks_have_their_limits,
};
pub use self::model::it_agrees_with_the_rules;
pub use self::repeat::{
    a_full_account_refuses_repeats, a_joined_attempt_is_not_undone, a_repeat_is_counted_once,
    a_repeat_undone_takes_nothing_back, an_attempt_undone_late_takes_nothing_back,
    what_is_given_back_was_none,
};
pub use self::time::{
    a_wait_lasts_as_long_as_it_is_told, failures_are_forgiven_in_time,
    no_step_of_the_wall_clock_counts,
};

/// Runs every check of a throttle store, each on a backend of its own with an empty store.
///
/// # Panics
///
/// Panics at the first check that fails.
pub fn throttle_store<B: ThrottleBackend>(new: impl Fn() -> B) {
    exactly_the_limit_is_granted(&new());
    keys_fail_apart(&new());
    networks_have_their_limits(&new());
    all_budgets_count_or_none(&new());
    a_subnet_has_its_share(&new());
    a_repeat_is_counted_once(&new());
    a_full_account_refuses_repeats(&new());
    what_is_given_back_was_none(&new());
    a_joined_attempt_is_not_undone(&new());
    an_attempt_undone_late_takes_nothing_back(&new());
    a_wait_lasts_as_long_as_it_is_told(&new());
    failures_are_forgiven_in_time(&new());
    no_step_of_the_wall_clock_counts(&new());
    a_known_location_has_its_own_budget(&new());
    an_unfamiliar_attempt_is_not_undone_at_a_known_location(&new());
    a_location_is_known_for_its_time(&new());
    a_stop_has_three_endings(&new());
    rest_forgets_what_leads_to_a_stop(&new());
    a_release_forgets_an_account(&new());
    a_repeat_undone_takes_nothing_back(&new());
    every_interleaving_counts_right(&new());
    it_agrees_with_the_rules(&new());
    exactly_the_limit_is_granted_to_1000_at_once(&new());
    a_flood_opens_nothing(&new());
}
