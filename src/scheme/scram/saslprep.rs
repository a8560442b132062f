//! Prepares names and passwords with SASLprep, as RFC 5802 says.

use std::borrow::Cow;

use super::builder::ScramBuilder;
use super::preparation::StringPreparation;
use crate::secret::SecretString;

impl StringPreparation {
    /// Prepares names and passwords with SASLprep (RFC 4013).
    ///
    /// It refuses characters that are newer than Unicode 3.2 of the year 2002, for example emoji, as RFC 4013 says for
    /// text that is stored.
    ///
    /// # Example
    ///
    /// ```
    /// use tower_challenge::Secret;
    /// use tower_challenge::scheme::scram::StringPreparation;
    ///
    /// let prepare = StringPreparation::saslprep();
    /// let typed = prepare.password(Secret::new("I\u{ad}X")).expect("SASLprep allows it");
    /// assert_eq!(typed.expose(), "IX", "the soft hyphen is mapped to nothing");
    /// assert!(prepare.password(Secret::new("\u{7}")).is_none());
    /// ```
    #[must_use]
    pub const fn saslprep() -> Self {
        Self::new(
            "saslprep",
            |text| {
                let name = prepared(text).filter(|name| !name.is_empty());
                name.map(Cow::into_owned)
            },
            |text| prepared(text).map(|text| SecretString::from(text.into_owned())),
        )
    }
}

fn prepared(text: &str) -> Option<Cow<'_, str>> {
    stringprep::saslprep(text).ok()
}

impl<L> ScramBuilder<L> {
    /// Prepares names with SASLprep: see [`StringPreparation::saslprep`].
    pub const fn saslprep(self) -> Self {
        self.preparation(StringPreparation::saslprep())
    }
}
