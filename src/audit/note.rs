//! What happened when nobody asked for anything?

use crate::config_error::ConfigError;

/// What became of something that is looked after while the program runs, such as a file of accounts that was read again.
///
/// # Example
///
/// ```
/// use tower_challenge::audit::{Audit, Note};
/// use tower_challenge::ConfigError;
///
/// struct Pager;
///
/// impl Audit for Pager {
///     fn record(&self, _: &tower_challenge::audit::Event<'_>) {}
///
///     fn note(&self, note: &Note<'_>) {
///         match note.fault() {
///             Some(fault) => println!("wake somebody up: {}: {fault}", note.what()),
///             None => println!("{} is fine", note.what()),
///         }
///     }
/// }
///
/// Pager.note(&Note::new("users", None));
/// Pager.note(&Note::new("users", Some(&ConfigError::new("line 3: there is no colon"))));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Note<'a> {
    what: &'static str,
    fault: Option<&'a ConfigError>,
}

impl<'a> Note<'a> {
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
