//! What do all clones of a throttle share?

use std::sync::Arc;

use super::keys::Keys;
use crate::config_error::ConfigError;
use crate::principal::Account;
use crate::request_head::RequestHead;
use crate::store::ThrottleLimits;

/// The settings, and the store in which attempts are counted.
pub(super) struct Shared<S> {
    pub(super) store: Arc<S>,
    pub(super) settings: Settings,
}

/// What may be tuned.
#[derive(Clone)]
pub(super) struct Settings {
    pub(super) keys: Keys,
    pub(super) limits: ThrottleLimits,
    pub(super) fold: Option<Arc<Fold>>,
    pub(super) place: Option<Arc<NamePlace>>,
    pub(super) on_used_up: Option<Arc<Listener>>,
    pub(super) on_stop: Option<Arc<Listener>>,
}

type Fold = dyn Fn(&str) -> String + Send + Sync;
type NamePlace = dyn Fn(&RequestHead<'_>) -> Option<Vec<u8>> + Send + Sync;
pub(super) type Listener = dyn Fn(&Account<'_>) + Send + Sync;

impl Settings {
    pub(super) fn new() -> Result<Self, ConfigError> {
        Ok(Self {
            keys: Keys::new()?,
            limits: ThrottleLimits::new(),
            fold: None,
            place: None,
            on_used_up: None,
            on_stop: None,
        })
    }
}
