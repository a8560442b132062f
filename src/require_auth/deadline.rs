//! How long a decision may wait.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Sleep, Timer};

/// A limit, and how to tell that it has passed.
#[derive(Clone, Debug)]
pub(super) struct Deadline {
    limit: Duration,
    timer: Arc<dyn Timer>,
}

impl Deadline {
    pub(super) fn new(limit: Duration, timer: impl Timer) -> Self {
        let timer = Arc::new(timer);
        Self { limit, timer }
    }

    /// Ends when a decision that begins to wait now has waited too long.
    pub(super) fn sleep(&self) -> Sleep {
        self.timer.sleep(self.limit)
    }
}
