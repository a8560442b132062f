//! Where are lines written?

use std::io::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::{Audit, AuditEvent};
use crate::derives::shows;

/// Writes every event as one [line](super::EventLine): to a file, to standard output, to anything. Its clones are the same.
///
/// A line is handed over whole and flushed, under a lock, by whoever serves the request: a writer that blocks delays
/// that request and all others that have something to tell. A file does not, in practice; a pipe whose other end does
/// not read, does. Where that can happen, send [`line`](AuditEvent::line) from a closure through a channel that drops what
/// does not fit. A write that fails loses the line, counts as [`lost`](Self::dropped_lines), and changes no answer.
///
/// Every request is a line, and anybody can send requests: rotate the file. It stays open, so rotate it by copying
/// (`copytruncate` of logrotate), not by renaming, and open it for appending.
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
    lost: AtomicU64,
}

impl LineAudit {
    /// Writes to `writer`.
    #[must_use]
    pub fn to(writer: impl Write + Send + 'static) -> Self {
        Self(Arc::new(LineAuditState {
            writer: Mutex::new(Box::new(writer)),
            lost: AtomicU64::new(0),
        }))
    }

    /// How many lines could not be written.
    #[must_use]
    pub fn dropped_lines(&self) -> u64 {
        self.0.lost.load(Ordering::Relaxed)
    }

    fn write(&self, line: &str) -> std::io::Result<()> {
        // A writer that panicked is asked again for the next line.
        let writer = self.0.writer.lock();
        let mut writer = writer.unwrap_or_else(PoisonError::into_inner);
        writer.write_all(line.as_bytes())?;
        writer.flush()
    }
}

impl Audit for LineAudit {
    fn record(&self, event: &AuditEvent<'_>) {
        // In one piece, so that no other program that writes to the same file comes in between.
        if self.write(&format!("{}\n", event.line())).is_err() {
            self.0.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

shows! { impl[] LineAudit[] as self { lost: self.dropped_lines() } }
