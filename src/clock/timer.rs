//! How to wait until some time has passed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use crate::forward::forward;

/// Ends when its time has passed on the monotonic clock, or a little later. Dropped, it is forgotten.
pub type SleepFuture = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A clock that can be waited for. `TokioClock` is one (feature `tokio`); another runtime's is these few lines.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "testing")] {
/// use std::task::{Context, Waker};
/// use std::time::{Duration, SystemTime};
/// use tower_challenge::clock::{ManualClock, Timer};
///
/// let clock = ManualClock::new(SystemTime::UNIX_EPOCH);
/// let mut nap = clock.sleep(Duration::from_secs(60));
/// let mut cx = Context::from_waker(Waker::noop());
/// assert!(nap.as_mut().poll(&mut cx).is_pending());
///
/// clock.advance(Duration::from_secs(60));
/// assert!(nap.as_mut().poll(&mut cx).is_ready());
/// # }
/// ```
pub trait Timer: Clock {
    /// Wakes up after `time`.
    fn sleep(&self, time: Duration) -> SleepFuture;
}

forward! { Arc, Box: Timer {
    fn sleep(&self, time: Duration) -> SleepFuture;
} }
