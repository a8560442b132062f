//! Reports every decision of a layer, for logs, metrics and fail2ban.
//!
//! The layer passes each decision as one [`AuditEvent`] to its [`Audit`]. An audit is one of these:
//!
//! - a closure over the event;
//! - [`LineAudit`], which writes [one line](EventLine) for each event, for people and for fail2ban;
//! - `TracingAudit` (feature `tracing`);
//! - `MetricsAudit` (feature `metrics`);
//! - several of them at once, joined with [`and`](Audit::and);
//! - your own type that implements the trait.
//!
//! The audits of this crate write no password, no token and no hash of one. They show text from a client only as
//! [`EscapedText`] shows it. So a client can forge neither a line nor a field, and each text has at most 256 bytes.
//!
//! # Example
//!
//! ```
//! # #[cfg(feature = "basic")] {
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::mpsc;
//! use http::{Request, Response, StatusCode};
//! use tower::{ServiceBuilder, ServiceExt};
//! use tower_challenge::RequireAuth;
//! use tower_challenge::audit::{Audit, AuditEvent, LineAudit, AuditOutcome};
//! use tower_challenge::password::OneAccount;
//! use tower_challenge::scheme::Basic;
//!
//! let (sender, receiver) = mpsc::channel();
//! let closure = move |event: &AuditEvent<'_>| {
//!     let _ = sender.send((event.outcome, event.principal.map(str::to_owned)));
//! };
//! let audit = closure.and(LineAudit::to(std::io::stderr()));
//!
//! let auth = RequireAuth::new(Basic::new("files", OneAccount::new("Aladdin", "open sesame")?)?)?;
//! let service = ServiceBuilder::new()
//!     .layer(auth.audit(audit))
//!     .service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(Response::new(String::new())));
//!
//! let right = Request::get("/").header("authorization", "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==").body(())?;
//! assert_eq!(service.clone().oneshot(right).await?.status(), StatusCode::OK);
//! assert_eq!(receiver.recv()?, (AuditOutcome::Admitted, Some("Aladdin".to_owned())));
//!
//! let nothing = Request::get("/").body(())?;
//! assert_eq!(service.oneshot(nothing).await?.status(), StatusCode::UNAUTHORIZED);
//! assert_eq!(receiver.recv()?, (AuditOutcome::Challenged, None));
//! # Ok(()) }
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(example()).unwrap(); }
//! ```
//!
//! # fail2ban
//!
//! `contrib/fail2ban` in the repository has a filter for [lines](EventLine) and a jail to begin with. The filter counts
//! only wrong credentials (`outcome=refused`). It does not count requests without credentials, credentials with an old
//! nonce, or requests while a database is down.
//!
//! The filter takes the address from the fourth word of a line, where no client can write. The
//! [`ClientResolver`](crate::client::ClientResolver) finds that address. It is `-` if a trusted proxy does not name its
//! client. A proxy that the resolver does not trust counts as a client: fail2ban would ban it, and with it every client
//! behind it. So tell the resolver about your proxies. Let no other program write to the log file.
//!
//! # Files of accounts
//!
//! When a file of accounts is read again, the application can pass the result as a [`MaintenanceNote`]
//! to the same audits.
//! Each bad line of the file makes such a note, too, from the first time that the file is loaded, and so do accounts
//! whose hashes differ in cost. For example: `line 3: missing colon between name and hash: the line is skipped`.
//!
//! ```
//! # #[cfg(feature = "htpasswd")] {
//! use tower_challenge::audit::{Audit, MaintenanceNote};
//! use tower_challenge::password::ReloadingFile;
//!
//! fn report<T: Send + Sync + 'static>(users: &ReloadingFile<T>, audit: impl Audit) {
//!     users.on_reload(move |reload| audit.note(&MaintenanceNote::new("users", reload.fault())));
//! }
//! # }
//! ```

mod date;
mod escaped;
mod event;
mod event_line;
mod line_audit;
#[cfg(feature = "metrics")]
mod metrics_audit;
mod note;
mod note_line;
mod several;
#[cfg(feature = "tracing")]
mod tracing_audit;

pub use self::escaped::EscapedText;
pub use self::event::AuditEvent;
pub use self::event_line::EventLine;
pub use self::line_audit::LineAudit;
#[cfg(feature = "metrics")]
pub use self::metrics_audit::MetricsAudit;
pub use self::note::MaintenanceNote;
#[cfg(feature = "tracing")]
pub use self::tracing_audit::TracingAudit;
pub use crate::reason::{AuditOutcome, RefusalReason};

/// Receives one event for each decision of the layer.
///
/// Its methods return nothing and are not `async`, because an audit cannot change a decision.
///
/// A request can make two events. For example, the layer admits a request whose head has verified, and refuses the
/// same request when its signed body then does not verify.
///
/// The thread that serves the request calls the audit before the response is sent. An audit that blocks delays that
/// request, and every other request on the same thread. A panic of an audit changes no decision; that audit may have
/// missed the event.
pub trait Audit: Send + Sync + 'static {
    /// Records `event`.
    fn record(&self, event: &AuditEvent<'_>);

    /// Records a note that belongs to no request, for example that a file of accounts was read again.
    ///
    /// The default does nothing, and so does a closure.
    fn note(&self, note: &MaintenanceNote<'_>) {
        let _ = note;
    }

    /// Makes an audit that passes every event and note to `self` and then to `other`.
    fn and<B: Audit>(self, other: B) -> (Self, B)
    where
        Self: Sized,
    {
        (self, other)
    }
}

impl<F> Audit for F
where
    F: Fn(&AuditEvent<'_>) + Send + Sync + 'static,
{
    fn record(&self, event: &AuditEvent<'_>) {
        self(event);
    }
}
