//! Prepares names and passwords with PRECIS, as RFC 7804 says.

use super::builder::ScramBuilder;
use super::preparation::StringPreparation;
use crate::password::precis;

impl StringPreparation {
    /// Prepares passwords with `OpaqueString` and names with `UsernameCasePreserved` (RFC 8265).
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Secret;
    /// use tower_challenge::scheme::scram::StringPreparation;
    ///
    /// let prepare = StringPreparation::opaque_string();
    /// let typed = prepare.password(Secret::new("cafe\u{301}")).expect("PRECIS allows it");
    /// assert_eq!(typed.expose(), "caf\u{e9}");
    /// assert!(prepare.password(Secret::new("\u{7}")).is_none());
    /// ```
    #[must_use]
    pub const fn opaque_string() -> Self {
        Self::new("opaque_string", precis::username, precis::password)
    }
}

impl<L> ScramBuilder<L> {
    /// Prepares names with PRECIS: see [`StringPreparation::opaque_string`].
    pub const fn opaque_string(self) -> Self {
        self.preparation(StringPreparation::opaque_string())
    }
}
