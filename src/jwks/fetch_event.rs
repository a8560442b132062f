//! The result of a fetch, for the operator.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::config_error::ConfigError;

/// The result of a fetch, for the [listener](super::RemoteKeysBuilder::on_fetch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[must_use]
pub enum FetchEvent {
    /// Other keys than before are in use, or the first fetch after a failure has succeeded.
    Fetched,
    /// Other keys than before are in use, and one key of the set was skipped for this reason. There is one event for
    /// each such key, up to 16.
    FetchedWith(ConfigError),
    /// The fetch failed for this reason. The keys of the last good fetch stay in use.
    Failed(ConfigError),
}

pub(super) type FetchListener = Arc<dyn Fn(&FetchEvent) + Send + Sync>;

impl FetchEvent {
    /// The text for the operator, if there is one: why the fetch [failed](Self::Failed), or why a key
    /// [was skipped](Self::FetchedWith). It contains no token and no query of a URL.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Fetched => None,
            Self::FetchedWith(fault) | Self::Failed(fault) => Some(fault),
        }
    }
}

/// Calls the listener. A panic of the listener must not end the task that fetches.
pub(super) fn tell(listener: &FetchListener, event: &FetchEvent) {
    let _ = catch_unwind(AssertUnwindSafe(|| listener(event)));
}
