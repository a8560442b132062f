//! Stands in for `operator_log` without the feature `tracing`.

use std::fmt::Display;

/// Does nothing: without `tracing`, there is no place to tell the operator.
pub(super) const fn error(_: &dyn Display) {}
