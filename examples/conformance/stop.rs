//! When to stop.

use std::future::Future;
use std::io;

/// Ends when the process is told to terminate, or is interrupted. It listens from now on, awaited or not.
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

/// Ends when the process is interrupted.
#[cfg(not(unix))]
pub(crate) fn told() -> io::Result<impl Future<Output = ()>> {
    Ok(async {
        let _ = tokio::signal::ctrl_c().await;
    })
}
