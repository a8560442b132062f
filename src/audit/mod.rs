//! What happened, for whoever keeps the log.
//!
//! Every decision of a layer is one [`AuditEvent`], and whatever is an [`Audit`] hears of it: a closure; [`LineAudit`], which
//! writes [one line](EventLine) each, for people and for fail2ban; with the feature `tracing`, `TracingAudit`; with the feature
//! `metrics`, `MetricsAudit`; and several of them at once, with [`and`](Audit::and).
//!
//! No event holds a password, a token or a hash of one. What a client has written is shown by [`EscapedText`] alone, so that
//! it can forge no line and no field, and is no longer than 256 octets.
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
//! `contrib/fail2ban` in the repository has a filter for [lines](EventLine) and a jail to begin with. It counts wrong
//! credentials (`outcome=refused`) and nothing else: not who has none yet, nor who comes with an old nonce, nor what
//! happens while a database is away. It takes the address from the fourth word of a line, where no client can write. That
//! address is the one that [`ClientResolver`](crate::client::ClientResolver) finds, and `-` where a proxy that is named there does
//! not say for whom it speaks. A proxy that is not named is a client like any other: fail2ban would ban it, and everybody
//! behind it. Let nothing else write to that file.
//!
//! # Files of accounts
//!
//! What becomes of a file that is read again is a [`AuditNote`] for the same sinks, and so is a table of accounts whose hashes
//! differ in what they cost, from the first time that it is loaded:
//!
//! ```
//! # #[cfg(feature = "htpasswd")] {
//! use tower_challenge::audit::{Audit, AuditNote};
//! use tower_challenge::password::ReloadingFile;
//!
//! fn report<T: Send + Sync + 'static>(users: &ReloadingFile<T>, audit: impl Audit) {
//!     users.on_reload(move |reload| audit.note(&AuditNote::new("users", reload.fault())));
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
mod several;
#[cfg(feature = "tracing")]
mod tracing_audit;

pub use self::escaped::EscapedText;
pub use self::event::AuditEvent;
pub use self::event_line::EventLine;
pub use self::line_audit::LineAudit;
#[cfg(feature = "metrics")]
pub use self::metrics_audit::MetricsAudit;
pub use self::note::AuditNote;
#[cfg(feature = "tracing")]
pub use self::tracing_audit::TracingAudit;
pub use crate::reason::{AuditOutcome, RefusalReason};

/// Is told of every decision. Infallible and immediate: a log decides nothing.
///
/// A request whose head has verified, and whose body then does not, is two decisions: it was admitted, and is refused.
///
/// It is called by whoever serves the request, before the answer: an audit that blocks delays it, and everybody else on
/// the same thread. One that panics has heard nothing, and changes no decision.
pub trait Audit: Send + Sync + 'static {
    /// Takes note of `event`.
    fn record(&self, event: &AuditEvent<'_>);

    /// Takes note of what happened when nobody asked for anything. What is not interested does nothing, as closures do.
    fn note(&self, note: &AuditNote<'_>) {
        let _ = note;
    }

    /// Tells `other`, too.
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
