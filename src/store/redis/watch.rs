//! Looks at the server once a second, and whenever a step asks for it.

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{sleep, timeout};

use super::core::StoreCore;

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Looks at the server until the store is dropped.
pub(super) async fn watch(store: Weak<StoreCore>, wake: Arc<Notify>) {
    loop {
        let Some(core) = store.upgrade() else {
            return;
        };
        let is_good = core.look().await;
        drop(core);
        match is_good {
            true => {
                let _or_time_passed = timeout(BETWEEN_LOOKS, wake.notified()).await;
            }
            // Steps that fail must not make the store ask a broken server more often.
            false => sleep(BETWEEN_LOOKS).await,
        }
    }
}
