//! Writes every audit event as a line, for example to a log file.

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Audit, AuditEvent};
use crate::derives::shows;

/// Writes every event as one [line](super::EventLine) to a file, to standard output, or to another writer.
///
/// Clones share one writer and one count of dropped lines.
///
/// The thread that serves the request writes the whole line at once and flushes it, while it holds a lock. A writer
/// that blocks therefore delays that request and every other request that has an event. In practice a file does not
/// block; a pipe blocks when the process at its other end does not read. If your writer can block, send
/// [`line`](AuditEvent::line) from a closure into a bounded channel instead, and drop the lines that do not fit.
///
/// A write that fails loses its line. [`dropped_lines`](Self::dropped_lines) counts it, and the response does not
/// change.
///
/// Every request makes a line, and a client can send any number of requests. So rotate the file. The layer keeps it
/// open: rotate it by copying (`copytruncate` of logrotate), not by renaming, and open it for appending.
///
/// # Example
///
/// ```
/// # #[cfg(feature = "basic")] {
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use std::fs::{OpenOptions, read_to_string};
/// use http::{Request, Response};
/// use tower::{ServiceBuilder, ServiceExt};
/// use tower_challenge::RequireAuth;
/// use tower_challenge::audit::LineAudit;
/// use tower_challenge::password::OneAccount;
/// use tower_challenge::scheme::Basic;
///
/// let path = std::env::temp_dir().join(format!("audit.{}.log", std::process::id()));
/// let lines = LineAudit::to(OpenOptions::new().create(true).append(true).open(&path)?);
///
/// let auth = RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?;
/// let service = ServiceBuilder::new()
///     .layer(auth.audit(lines.clone()))
///     .service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new())));
/// for (credentials, status) in [("QWxhZGRpbjpvcGVuIHNlc2FtZQ==", 200), ("QWxhZGRpbjpndWVzcw==", 401)] {
///     let request = Request::get("/").header("authorization", format!("Basic {credentials}")).body(())?;
///     assert_eq!(service.clone().oneshot(request).await?.status(), status);
/// }
///
/// let written = read_to_string(&path)?;
/// assert!(written.lines().next().unwrap_or_default().contains(" outcome=admitted "));
/// assert!(written.lines().nth(1).unwrap_or_default().contains(" outcome=refused "));
/// assert_eq!(lines.dropped_lines(), 0);
/// # std::fs::remove_file(path)?;
/// # Ok(()) }
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
/// ```
#[derive(Clone)]
pub struct LineAudit(Arc<LineAuditState>);

struct LineAuditState {
    writer: Mutex<Box<dyn Write + Send>>,
    dropped_lines: AtomicU64,
}

impl LineAudit {
    /// Writes the lines to `writer`.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(LineAuditState {
            writer: Mutex::new(Box::new(writer)),
            dropped_lines: AtomicU64::new(0),
        }))
    }

    /// Returns how many lines could not be written.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.0.dropped_lines.load(Ordering::Relaxed)
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        // A panic of the writer poisons the lock. The writer may work again for the next line, so the poison is
        // ignored.
        let writer = self.0.writer.lock();
        let mut writer = writer.unwrap_or_else(PoisonError::into_inner);
        writer.write_all(line.as_bytes())?;
        writer.flush()
    }
}

impl Audit for LineAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        // The line goes out in one write, so that another program that appends to the same file cannot split it.
        if self.write(&format!("{}\n", event.line())).is_err() {
            self.0.dropped_lines.fetch_add(1, Ordering::Relaxed);
        }
    }
}

shows! { impl[] LineAudit[] as self { dropped_lines: self.dropped_lines() } }
