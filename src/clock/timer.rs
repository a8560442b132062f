//! Defines timers, which wait until some time has passed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use super::Clock;
use crate::forward::forward;

/// A future that ends when its time has passed on the monotonic clock, or a little later. Drop it to cancel the wait.
pub type SleepFuture = Pin<Box<dyn Future<Output = ()> + Send + Sync>>;

/// A clock that can also wait until some time has passed.
///
/// `TokioClock` is a timer for tokio (feature `tokio`). For another runtime, implement this trait with that runtime's
/// sleep.
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
    /// Returns a future that ends after `time`.
    fn sleep(&self, time: Duration) -> SleepFuture;
}

forward! { Arc, Box: Timer {
    fn sleep(&self, time: Duration) -> SleepFuture;
} }
