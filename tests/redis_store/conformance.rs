//! Tests that the store passes the suites that every store must pass, on one server and on a cluster.

use tower_challenge::store::conformance::{self, replay_store, throttle_store};

use crate::backend::{RealTime, SetTime, builder, cluster_builder};
use crate::redis::{RedisCluster, RedisServer};

#[test]
fn the_store_passes_the_suite_for_replay_stores_on_one_server() {
    let server = RedisServer::start();
    replay_store(|| RealTime::new(builder(&server), vec![&server]));
}

#[test]
fn the_store_passes_the_suite_for_replay_stores_on_a_cluster() {
    let cluster = RedisCluster::start();
    replay_store(|| RealTime::new(cluster_builder(&cluster), cluster.masters.iter().collect()));
}

#[test]
fn the_store_passes_the_suite_for_throttle_stores_on_one_server() {
    let server = RedisServer::start();
    throttle_store(|| SetTime::new(builder(&server)));
}

/// All checks but the comparison with the rules step by step. In a cluster the account is asked before the network, so a
/// refusal may name another budget. `model` has a comparison that allows for it.
#[test]
fn the_store_passes_the_suite_for_throttle_stores_on_a_cluster() {
    let cluster = RedisCluster::start();
    let new = || SetTime::new(cluster_builder(&cluster));
    conformance::the_store_grants_exactly_the_limit(&new());
    conformance::keys_that_differ_in_one_bit_have_separate_budgets(&new());
    conformance::subscribers_and_subnets_have_their_limits(&new());
    conformance::all_budgets_count_an_attempt_or_none_does(&new());
    conformance::a_subnet_holds_at_most_its_share(&new());
    conformance::an_account_counts_a_repeated_password_once(&new());
    conformance::an_exhausted_account_refuses_repeats(&new());
    conformance::an_undone_or_successful_attempt_is_returned(&new());
    conformance::an_attempt_that_a_repeat_joined_is_not_undone(&new());
    conformance::undoing_an_attempt_late_returns_no_attempt(&new());
    conformance::a_wait_lasts_as_long_as_the_store_says(&new());
    conformance::time_forgives_one_failure_each_period(&new());
    conformance::a_step_of_the_wall_clock_changes_no_budget(&new());
    conformance::a_familiar_location_has_its_own_budget(&new());
    conformance::an_unfamiliar_attempt_is_not_undone_at_a_familiar_location(&new());
    conformance::a_location_stays_familiar_for_its_time(&new());
    conformance::a_login_a_mark_or_an_unlock_ends_a_lockout(&new());
    conformance::rest_resets_the_count_towards_a_lockout(&new());
    conformance::an_unlock_forgets_the_failures_of_one_account(&new());
    conformance::undoing_a_repeat_returns_no_attempt(&new());
    conformance::every_order_of_steps_counts_correctly(&new());
    conformance::the_store_grants_exactly_the_limit_to_1000_callers_at_once(&new());
    conformance::a_flood_returns_no_attempts_to_an_exhausted_account(&new());
}
