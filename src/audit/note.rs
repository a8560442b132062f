//! Describes an occurrence that belongs to no request, for the audit.

use crate::config_error::ConfigError;

/// Says whether a part of the running program works, for example whether a file of accounts could be read again.
///
/// The application makes a note and passes it to [`Audit::note`](super::Audit::note). A layer makes one itself, about the
/// `client address`, if it has a [throttle](crate::RequireAuth::throttle) and does not know the addresses of its clients.
///
/// # Example
///
/// ```
/// use tower_challenge::audit::{Audit, MaintenanceNote};
/// use tower_challenge::ConfigError;
///
/// struct Pager;
///
/// impl Audit for Pager {
///     fn record(&self, _: &tower_challenge::audit::AuditEvent<'_>) {}
///
///     fn note(&self, note: &MaintenanceNote<'_>) {
///         match note.fault() {
///             Some(fault) => println!("page the operator: {}: {fault}", note.what()),
///             None => println!("{} is fine", note.what()),
///         }
///     }
/// }
///
/// Pager.note(&MaintenanceNote::new("users", None));
/// Pager.note(&MaintenanceNote::new("users", Some(&ConfigError::new("line 3: there is no colon"))));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct MaintenanceNote<'a> {
    what: &'static str,
    fault: Option<&'a ConfigError>,
}

impl<'a> MaintenanceNote<'a> {
    /// Makes a note about `what`, a name that the application chooses, such as `"users"`. `fault` is the error, or
    /// `None` if there is no error.
    #[must_use]
    pub const fn new(what: &'static str, fault: Option<&'a ConfigError>) -> Self {
        Self { what, fault }
    }

    /// Returns the name of the part that the note is about, such as `"users"`.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// Returns the error, or `None` if the part works.
    #[must_use]
    pub const fn fault(&self) -> Option<&'a ConfigError> {
        self.fault
    }
}
