//! The events and the state of the server behind a store, for the audit and for health checks.

use crate::config_error::ConfigError;
use crate::store::StoreEpoch;

/// Something that the store has noticed about its server. The [listener](super::RedisStoreBuilder::on_event) gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RedisEvent {
    /// The server answers, and its data can be used.
    Works,
    /// A new epoch has begun: the server was restarted or lost data. All nonces of the old epoch are stale, and clients
    /// get new ones. It also comes once when a process starts.
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
