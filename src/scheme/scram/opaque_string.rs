//! Prepares names and passwords with PRECIS, as RFC 7804 says.

use super::builder::ScramBuilder;
use super::preparation::StringPreparation;
use crate::password::precis;

impl StringPreparation {
    /// Prepares passwords with `OpaqueString` and names with `UsernameCasePreserved` (RFC 8265). That profile has no space,
    /// so a name of several words is prepared word by word (RFC 8265 section 3.1).
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
    /// assert_eq!(prepare.user("J\u{e4}s\u{f8}n  Doe").as_deref(), Some("J\u{e4}s\u{f8}n Doe"));
    /// ```
    #[must_use]
    pub const fn opaque_string() -> Self {
        Self::new("opaque_string", user, precis::password)
    }
}

fn user(name: &str) -> Option<String> {
    let words = name.split(' ').filter(|word| !word.is_empty());
    let words = words.map(precis::username).collect::<Option<Vec<_>>>()?;
    (!words.is_empty()).then(|| words.join(" "))
}

impl<L> ScramBuilder<L> {
    /// Prepares names with PRECIS: see [`StringPreparation::opaque_string`].
    pub const fn opaque_string(self) -> Self {
        self.preparation(StringPreparation::opaque_string())
    }
}
