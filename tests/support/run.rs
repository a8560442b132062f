//! Runs a future to its end without a runtime.

use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that remembers whether it was woken.
#[derive(Debug, Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Runs `future` to its end on this thread.
///
/// # Panics
///
/// The future waits and has not woken its waker, so it would wait forever.
pub fn run<F: Future>(future: F) -> F::Output {
    let woken = Arc::new(Woken::default());
    let waker = Waker::from(Arc::clone(&woken));
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(&waker)) {
            return output;
        }
        let was_woken = woken.0.swap(false, Ordering::SeqCst);
        assert!(was_woken, "the future waits, and nothing will wake it");
    }
}

/// Polls `future` three times, drops it, and returns whether it was still waiting.
pub fn still_waits<F: Future>(future: F) -> bool {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    (0..3).all(|_| future.as_mut().poll(&mut context).is_pending())
}

/// Returns `Pending` once. An `async` block that awaits it is not ready at its first poll.
pub async fn later() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
