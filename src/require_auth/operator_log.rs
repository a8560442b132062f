//! Tells the operator, through `tracing`, of a mistake in the program that no audit receives.

use std::fmt::Display;

use ::tracing::{Level, event};

/// Emits an event at the level `ERROR`.
pub(super) fn error(mistake: &dyn Display) {
    event!(target: "tower_challenge", Level::ERROR, mistake = %mistake, "configuration");
}
