//! Writes every audit event as a line, for example to a log file.

use std::fmt::Display;
use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::note_line::NoteLine;
use super::{Audit, AuditEvent, MaintenanceNote};
use crate::clock::{Clock, SystemClock};
use crate::derives::shows;

/// Writes every event as one [line](super::EventLine) to a file, to standard output, or to another writer.
///
/// A [note](MaintenanceNote) is a line, too. It has `note` in place of `outcome`, and `fault=-` if there is no fault:
///
/// ```text
/// 2024-07-03T09:46:40.000Z tower_challenge note="users" fault="line 3: missing colon between name and hash"
/// ```
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
    /// The clock of the notes. An event has a time of its own.
    clock: SystemClock,
}

impl LineAudit {
    /// Writes the lines to `writer`.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(LineAuditState {
            writer: Mutex::new(Box::new(writer)),
            dropped_lines: AtomicU64::new(0),
            clock: SystemClock::new(),
        }))
    }

    /// Returns how many lines could not be written.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.0.dropped_lines.load(Ordering::Relaxed)
    }

    /// Writes `line` and a line break. If that fails, counts the line as dropped.
    fn write(&self, line: impl Display) {
        // The line goes out in one write, so that another program that appends to the same file cannot split it.
        if self.write_text(&format!("{line}\n")).is_err() {
            self.0.dropped_lines.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn write_text(&self, text: &str) -> std::io::Result<()> {
        // A panic of the writer poisons the lock. The writer may work again for the next line, so the poison is
        // ignored.
        let writer = self.0.writer.lock();
        let mut writer = writer.unwrap_or_else(PoisonError::into_inner);
        writer.write_all(text.as_bytes())?;
        writer.flush()
    }
}

impl Audit for LineAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        self.write(event.line());
    }

    fn note(&self, note: &MaintenanceNote<'_>) {
        let time = self.0.clock.wall();
        self.write(NoteLine { note, time });
    }
}

shows! { impl[] LineAudit[] as self { dropped_lines: self.dropped_lines() } }
