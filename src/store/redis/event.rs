//! The events and the state of the server behind a store, for the audit and for health checks.

use std::fmt;

use crate::config_error::ConfigError;
use crate::store::StoreEpoch;

/// Something that the store has noticed about its server. The [listener](super::RedisStoreBuilder::on_event) gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisEvent {
    /// The server answers, and its data can be used.
    Works,
    /// The server was restarted, was replaced by a replica, or has lost data since the store looked last. So the store has
    /// begun a new epoch: all nonces of the old one are stale, and clients get new ones.
    NewEpoch(StoreEpoch),
    /// The server is in use, and the operator should know this about it. For example, append-only files are off.
    Note(ConfigError),
    /// The server cannot be used, for this reason. Until [`Works`](Self::Works), the store refuses claims, and throttling
    /// counts in this process alone, or is refused.
    Down(ConfigError),
}

impl RedisEvent {
    /// The text for the operator, if there is one.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        match self {
            Self::Works | Self::NewEpoch(_) => None,
            Self::Note(fault) | Self::Down(fault) => Some(fault),
        }
    }
}

/// Shows a sentence for the operator.
impl fmt::Display for RedisEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Works => f.write_str("Redis works"),
            Self::NewEpoch(_) => f.write_str(
                "Redis was restarted, was replaced by a replica, or has lost data: each nonce is stale once, and clients repeat their requests",
            ),
            Self::Note(note) => write!(f, "Redis is in use, but {note}"),
            Self::Down(fault) => write!(f, "Redis cannot be used: {fault}"),
        }
    }
}

/// The state of the server behind a store, for a health check.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RedisHealth {
    pub(super) fault: Option<ConfigError>,
    pub(super) notes: Vec<ConfigError>,
    pub(super) throttles_alone: bool,
}

impl RedisHealth {
    /// Whether the server can be used.
    #[must_use]
    pub const fn is_good(&self) -> bool {
        self.fault.is_none()
    }

    /// Why the server cannot be used. `None` if it can.
    #[must_use]
    pub const fn fault(&self) -> Option<&ConfigError> {
        self.fault.as_ref()
    }

    /// Notes for the operator about the server that is in use.
    #[must_use]
    pub fn notes(&self) -> &[ConfigError] {
        &self.notes
    }

    /// Whether this process counts failures alone now, with its part of the limits.
    #[must_use]
    pub const fn throttles_alone(&self) -> bool {
        self.throttles_alone
    }
}
