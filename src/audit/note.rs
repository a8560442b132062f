//! What happened when nobody asked for anything?

use crate::config_error::ConfigError;

/// What became of something that is looked after while the program runs, such as a file of accounts that was read again.
///
/// # Example
///
/// ```
/// use tower_challenge::audit::{Audit, AuditNote};
/// use tower_challenge::ConfigError;
///
/// struct Pager;
///
/// impl Audit for Pager {
///     fn record(&self, _: &tower_challenge::audit::AuditEvent<'_>) {}
///
///     fn note(&self, note: &AuditNote<'_>) {
///         match note.fault() {
///             Some(fault) => println!("wake somebody up: {}: {fault}", note.what()),
///             None => println!("{} is fine", note.what()),
///         }
///     }
/// }
///
/// Pager.note(&AuditNote::new("users", None));
/// Pager.note(&AuditNote::new("users", Some(&ConfigError::new("line 3: there is no colon"))));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct AuditNote<'a> {
    what: &'static str,
    fault: Option<&'a ConfigError>,
}

impl<'a> AuditNote<'a> {
    /// `what` is a name that the program gives, such as `"users"`; `fault` is what is wrong with it, if anything is.
    #[must_use]
    pub const fn new(what: &'static str, fault: Option<&'a ConfigError>) -> Self {
        Self { what, fault }
    }

    /// What it is about.
    #[must_use]
    pub const fn what(&self) -> &'static str {
        self.what
    }

    /// What is wrong with it, if anything is.
    #[must_use]
    pub const fn fault(&self) -> Option<&'a ConfigError> {
        self.fault
    }
}
