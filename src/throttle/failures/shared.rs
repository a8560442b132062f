//! Holds the settings and the store that all clones of a throttle share.

use std::sync::Arc;

use super::keys::ThrottleKeyHasher;
use crate::config_error::ConfigError;
use crate::principal::ClaimedAccount;
use crate::request_head::RequestHead;
use crate::store::ThrottleLimits;

/// The store in which attempts are counted, and the settings.
pub(super) struct SharedThrottle<S> {
    pub(super) store: Arc<S>,
    pub(super) settings: ThrottleSettings,
}

/// All that the methods of `FailureThrottle` set.
#[derive(Clone)]
pub(super) struct ThrottleSettings {
    pub(super) keys: ThrottleKeyHasher,
    pub(super) limits: ThrottleLimits,
    pub(super) fold: Option<Arc<FoldName>>,
    pub(super) location: Option<Arc<LocationFn>>,
    pub(super) on_exhausted: Option<Arc<AccountListener>>,
    pub(super) on_lockout: Option<Arc<AccountListener>>,
}

type FoldName = dyn Fn(&str) -> String + Send + Sync;
type LocationFn = dyn Fn(&RequestHead<'_>) -> Option<Vec<u8>> + Send + Sync;
pub(super) type AccountListener = dyn Fn(&ClaimedAccount<'_>) + Send + Sync;

impl ThrottleSettings {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            keys: ThrottleKeyHasher::new()?,
            limits: ThrottleLimits::new(),
            fold: None,
            location: None,
            on_exhausted: None,
            on_lockout: None,
        })
    }
}
