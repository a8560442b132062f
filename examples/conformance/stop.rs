//! Waits for the signal to stop.

use std::future::Future;
use std::io;

/// Returns a future that ends on SIGTERM or SIGINT. The process listens for the signals from this call on, even before
/// the future is polled.
#[cfg(unix)]
pub(crate) fn told() -> io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};

    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => (),
            _ = interrupt.recv() => (),
        }
    })
}

/// Returns a future that ends when the user presses Ctrl-C.
#[cfg(not(unix))]
pub(crate) fn told() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
